/** A leaf of the demo shop's category tree and what is true of its products. */
export interface Leaf {
  readonly department: string;
  readonly name: string;
  /** What its products are called. */
  readonly nouns: readonly string[];
  /** EUR, the geometric middle of its prices. */
  readonly typicalPrice: number;
  /** Month (0 = January) in which it sells best. */
  readonly peakMonth?: number;
  /** Days until a buyer needs it again. */
  readonly refillDays?: number;
  /** A leaf of products that buyers take along in the same basket, and how often. */
  readonly complement?: { readonly name: string; readonly probability: number };
}

const leaf = (
  name: string,
  nouns: readonly string[],
  typicalPrice: number,
  facts: Pick<Leaf, 'peakMonth' | 'refillDays' | 'complement'> = {},
) => ({ name, nouns, typicalPrice, ...facts });
const goesWith = (name: string, probability: number) => ({ complement: { name, probability } });

const DEPARTMENTS: Readonly<Record<string, readonly Omit<Leaf, 'department'>[]>> = {
  Living: [
    leaf('Lighting', ['Desk Lamp', 'Floor Lamp', 'Pendant Light'], 60, { peakMonth: 10 }),
    leaf('Bedding', ['Duvet Cover', 'Pillow', 'Blanket'], 45, { peakMonth: 10 }),
    leaf('Rugs', ['Rug', 'Runner', 'Doormat'], 80),
    leaf('Storage', ['Basket', 'Shelf', 'Storage Box'], 35, { peakMonth: 0 }),
    leaf('Candles', ['Scented Candle', 'Pillar Candle', 'Tealight Set'], 14, { peakMonth: 11, refillDays: 45 }),
    leaf('Decoration', ['Vase', 'Picture Frame', 'Wall Print'], 28, { peakMonth: 11, ...goesWith('Candles', 0.25) }),
  ],
  Kitchen: [
    leaf('Coffee Makers', ['Espresso Machine', 'French Press', 'Coffee Grinder'], 95, goesWith('Coffee Beans', 0.45)),
    leaf('Coffee Beans', ['Espresso Beans', 'Filter Roast', 'Decaf Beans'], 13, { refillDays: 28 }),
    leaf('Tea', ['Green Tea', 'Black Tea', 'Herbal Infusion'], 9, { peakMonth: 0, refillDays: 40 }),
    leaf('Cookware', ['Frying Pan', 'Saucepan', 'Casserole'], 55, goesWith('Knives', 0.25)),
    leaf('Knives', ['Chef Knife', 'Bread Knife', 'Knife Block'], 48),
    leaf('Bakeware', ['Cake Tin', 'Baking Tray', 'Rolling Pin'], 19, { peakMonth: 11 }),
  ],
  Outdoor: [
    leaf('Tents', ['Tunnel Tent', 'Dome Tent', 'Tarp'], 180, { peakMonth: 6, ...goesWith('Sleeping Bags', 0.4) }),
    leaf('Sleeping Bags', ['Sleeping Bag', 'Sleeping Mat', 'Liner'], 75, { peakMonth: 6 }),
    leaf('Backpacks', ['Daypack', 'Trekking Backpack', 'Hip Bag'], 85, { peakMonth: 5 }),
    leaf('Hiking Shoes', ['Hiking Boots', 'Trail Shoes', 'Sandals'], 120, {
      peakMonth: 4,
      ...goesWith('Hiking Socks', 0.4),
    }),
    leaf('Hiking Socks', ['Wool Socks', 'Trekking Socks', 'Ankle Socks'], 15, { refillDays: 120 }),
    leaf('Camp Cooking', ['Camp Stove', 'Mess Kit', 'Thermos Flask'], 38, { peakMonth: 6 }),
  ],
  Sport: [
    leaf(
      'Running Shoes',
      ['Road Running Shoes', 'Trail Running Shoes', 'Racing Flats'],
      115,
      goesWith('Running Wear', 0.3),
    ),
    leaf('Running Wear', ['Running Shirt', 'Running Tights', 'Running Jacket'], 42, { peakMonth: 3 }),
    leaf('Yoga', ['Yoga Mat', 'Yoga Block', 'Meditation Cushion'], 32, { peakMonth: 0 }),
    leaf('Cycling', ['Bike Helmet', 'Cycling Jersey', 'Bike Light'], 58, { peakMonth: 5 }),
    leaf('Swimming', ['Swimsuit', 'Swim Goggles', 'Swim Shorts'], 29, { peakMonth: 6 }),
    leaf('Winter Sport', ['Ski Goggles', 'Ski Gloves', 'Base Layer'], 65, { peakMonth: 0 }),
  ],
  Fashion: [
    leaf('Shirts', ['Linen Shirt', 'Oxford Shirt', 'T-Shirt'], 36),
    leaf('Dresses', ['Summer Dress', 'Wrap Dress', 'Shirt Dress'], 64, { peakMonth: 5, ...goesWith('Bags', 0.25) }),
    leaf('Knitwear', ['Wool Jumper', 'Cardigan', 'Scarf'], 70, { peakMonth: 10 }),
    leaf('Jackets', ['Rain Jacket', 'Down Jacket', 'Denim Jacket'], 130, { peakMonth: 9 }),
    leaf('Bags', ['Tote Bag', 'Shoulder Bag', 'Wallet'], 78),
    leaf('Sunglasses', ['Sunglasses', 'Sport Sunglasses', 'Glasses Case'], 55, { peakMonth: 6 }),
  ],
  Electronics: [
    leaf('Headphones', ['Headphones', 'Earbuds', 'Headset'], 110, { peakMonth: 11 }),
    leaf('Speakers', ['Bluetooth Speaker', 'Soundbar', 'Shelf Speakers'], 140, { peakMonth: 11 }),
    leaf('Phone Cases', ['Phone Case', 'Screen Protector', 'Phone Stand'], 18, goesWith('Chargers', 0.35)),
    leaf('Chargers', ['USB-C Charger', 'Power Bank', 'Charging Cable'], 26),
    leaf('Keyboards', ['Mechanical Keyboard', 'Wireless Mouse', 'Desk Mat'], 68),
    leaf('Cameras', ['Compact Camera', 'Action Camera', 'Instant Camera'], 260, {
      peakMonth: 6,
      ...goesWith('Memory Cards', 0.5),
    }),
    leaf('Memory Cards', ['SD Card', 'microSD Card', 'Card Reader'], 22),
  ],
  Garden: [
    leaf('Seeds', ['Flower Seeds', 'Herb Seeds', 'Vegetable Seeds'], 5, {
      peakMonth: 2,
      ...goesWith('Plant Pots', 0.35),
    }),
    leaf('Plant Pots', ['Plant Pot', 'Planter', 'Hanging Pot'], 17, { peakMonth: 3 }),
    leaf('Garden Tools', ['Secateurs', 'Trowel', 'Watering Can'], 24, { peakMonth: 3 }),
    leaf('Outdoor Furniture', ['Garden Chair', 'Garden Table', 'Hammock'], 150, { peakMonth: 5 }),
    leaf('Barbecue', ['Charcoal Grill', 'Gas Grill', 'Grill Tongs'], 120, {
      peakMonth: 5,
      ...goesWith('Charcoal', 0.5),
    }),
    leaf('Charcoal', ['Charcoal', 'Briquettes', 'Firelighters'], 12, { peakMonth: 6, refillDays: 30 }),
  ],
  Play: [
    leaf('Board Games', ['Strategy Game', 'Family Game', 'Card Game'], 32, { peakMonth: 11 }),
    leaf('Puzzles', ['Jigsaw Puzzle', 'Brain Teaser', 'Wooden Puzzle'], 18, { peakMonth: 11 }),
    leaf('Building Blocks', ['Building Set', 'Train Set', 'Marble Run'], 45, { peakMonth: 11 }),
    leaf('Picture Books', ['Picture Book', 'Bedtime Stories', 'Activity Book'], 13, { peakMonth: 11 }),
    leaf('Crafts', ['Paint Set', 'Knitting Kit', 'Drawing Pad'], 21, goesWith('Picture Books', 0.15)),
  ],
  Pets: [
    leaf('Dog Food', ['Dry Dog Food', 'Wet Dog Food', 'Puppy Food'], 34, {
      refillDays: 30,
      ...goesWith('Dog Treats', 0.35),
    }),
    leaf('Dog Treats', ['Dental Sticks', 'Training Treats', 'Chew Bone'], 8, { refillDays: 21 }),
    leaf('Dog Walking', ['Dog Lead', 'Dog Harness', 'Dog Coat'], 27),
    leaf('Cat Food', ['Dry Cat Food', 'Wet Cat Food', 'Kitten Food'], 26, { refillDays: 26 }),
    leaf('Cat Furniture', ['Cat Tree', 'Cat Bed', 'Scratching Post'], 58, goesWith('Cat Food', 0.3)),
  ],
};

export const LEAVES: readonly Leaf[] = Object.entries(DEPARTMENTS).flatMap(([department, leaves]) =>
  leaves.map((facts) => ({ department, ...facts })),
);
