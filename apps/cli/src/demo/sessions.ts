import type { DemoCatalogue, DemoProduct } from './catalogue.ts';
import type { Random } from './random.ts';
import { type ProductSampler, priceAversion, type Shopper } from './tastes.ts';

export type DemoChannel = 'WEB' | 'APP' | 'STORE' | 'EMAIL' | 'CALL_CENTER';
export type DemoEventType = 'VIEW' | 'CART' | 'PURCHASE' | 'RATING' | 'LIKE' | 'DISLIKE';

export interface DemoInteraction {
  readonly product: DemoProduct;
  readonly type: DemoEventType;
  /** Milliseconds since 1970. */
  readonly occurredAt: number;
  readonly channel: DemoChannel;
  readonly quantity?: number;
  /** 1..5 */
  readonly rating?: number;
}

export interface Visitor {
  readonly random: Random;
  readonly shopper: Shopper;
  /** Milliseconds since 1970: the first visit and when the shopper drifts away. */
  readonly joinedAt: number;
  readonly leavesAt: number;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** How much a season moves sales: e^(-2 x this) is what is left half a year from the peak. */
const SEASON_STRENGTH = 0.8;
const MAX_VIEWS = 12;
/** Draws of a product that is not yet out, or out of season, are drawn again this often. */
const MAX_DRAWS = 12;

/** Lets one shopper visit until they drift away. Returned in time order, nothing at or after `until`. */
export function visitShop(visitor: Visitor, catalogue: DemoCatalogue, sampler: ProductSampler): DemoInteraction[] {
  const { random, shopper } = visitor;
  sampler.aimAt(shopper);
  const events: DemoInteraction[] = [];
  /** When each product was last bought. */
  const bought = new Map<DemoProduct, number>();
  const habits = drawHabits(random);
  let day = visitor.joinedAt;
  do {
    // Everybody is first met on the web, where something always happens: no customer is without interactions.
    const channel = events.length === 0 ? 'WEB' : drawChannel(random, habits.favourite);
    const session: Session = { ...visitor, catalogue, sampler, events, bought, channel };
    shop(session, startHour(random, day, habits.hour));
    day += Math.max(0.3, random.exponential(shopper.daysBetweenVisits)) * DAY_MS;
  } while (day < visitor.leavesAt);
  return events.filter(({ occurredAt }) => occurredAt < visitor.leavesAt).sort((a, b) => a.occurredAt - b.occurredAt);
}

interface Session extends Visitor {
  readonly catalogue: DemoCatalogue;
  readonly sampler: ProductSampler;
  readonly events: DemoInteraction[];
  readonly bought: Map<DemoProduct, number>;
  readonly channel: DemoChannel;
}

function shop(session: Session, startedAt: number): void {
  const { random, channel } = session;
  const basket = findRefills(session, startedAt);
  let time = startedAt;
  const isBrowsed = channel !== 'STORE' && channel !== 'CALL_CENTER';
  const record = (product: DemoProduct, type: DemoEventType) => {
    session.events.push({ product, type, occurredAt: time, channel });
    time += random.integer(8, 150) * SECOND_MS;
  };
  if (isBrowsed) for (const product of basket) record(product, 'VIEW');
  let last: DemoProduct | undefined;
  for (let i = drawViewCount(random, isBrowsed); i > 0; i--) {
    const product = drawProduct(session, last, time);
    if (!product) continue;
    last = product;
    if (isBrowsed) record(product, 'VIEW');
    if (isBrowsed && random.chance(0.02)) record(product, random.chance(0.85) ? 'LIKE' : 'DISLIKE');
    const isKept = !session.bought.has(product) || product.leaf.refillDays !== undefined;
    const wants = (isBrowsed ? 0.34 : 0.8) * Math.exp(-priceAversion(session.shopper, product));
    if (!isKept || !random.chance(wants)) continue;
    basket.add(product);
    addComplement(session, product, basket, time);
  }
  if (isBrowsed) for (const product of basket) record(product, 'CART');
  if (basket.size > 0 && (!isBrowsed || random.chance(0.66))) checkOut(session, basket, time);
}

/** What was bought before and has run out by now. */
function findRefills({ random, bought }: Session, now: number): Set<DemoProduct> {
  const basket = new Set<DemoProduct>();
  for (const [product, boughtAt] of bought) {
    const days = product.leaf.refillDays;
    if (days && now - boughtAt > days * 0.8 * DAY_MS && random.chance(0.45)) basket.add(product);
  }
  return basket;
}

function addComplement(
  { random, catalogue, bought }: Session,
  product: DemoProduct,
  basket: Set<DemoProduct>,
  now: number,
) {
  const partner = product.complement === undefined ? undefined : catalogue.products[product.complement];
  if (!partner || partner.releasedAt > now || (bought.has(partner) && !partner.leaf.refillDays)) return;
  if (random.chance(product.leaf.complement!.probability)) basket.add(partner);
}

function checkOut(session: Session, basket: Set<DemoProduct>, now: number): void {
  const { random, shopper, channel } = session;
  for (const product of basket) {
    const quantity = product.price < 20 && random.chance(0.25) ? random.integer(2, 4) : 1;
    session.events.push({ product, type: 'PURCHASE', occurredAt: now, channel, quantity });
    session.bought.set(product, now);
    if (!random.chance(0.12)) continue;
    const liking = 4.2 - priceAversion(shopper, product) + random.normal() * 0.8;
    session.events.push({
      product,
      type: 'RATING',
      occurredAt: now + Math.floor(random.integer(3, 20) * DAY_MS + random.uniform() * DAY_MS),
      channel: channel === 'APP' ? 'APP' : 'WEB',
      rating: Math.min(5, Math.max(1, Math.round(liking))),
    });
  }
}

function drawProduct(
  { random, sampler }: Session,
  last: DemoProduct | undefined,
  now: number,
): DemoProduct | undefined {
  const isBeside = last !== undefined && random.chance(0.55);
  for (let i = 0; i < MAX_DRAWS; i++) {
    const product = isBeside ? sampler.drawBeside(random, last) : sampler.drawAny(random);
    if (product.releasedAt <= now && random.chance(seasonFactor(product, now))) return product;
  }
  return undefined;
}

/** 1 in the peak month of a product's leaf, down to e^(-2 SEASON_STRENGTH) half a year away. */
export function seasonFactor(product: DemoProduct, now: number): number {
  const { peakMonth } = product.leaf;
  if (peakMonth === undefined) return 1;
  const months = new Date(now).getUTCMonth() - peakMonth;
  return Math.exp(SEASON_STRENGTH * (Math.cos((months * Math.PI) / 6) - 1));
}

function drawViewCount(random: Random, isBrowsed: boolean): number {
  if (!isBrowsed) return random.integer(1, 3);
  return Math.min(MAX_VIEWS, 1 + Math.floor(random.exponential(2.2)));
}

function drawHabits(random: Random): { favourite: DemoChannel; hour: number } {
  const draw = random.uniform();
  const favourite =
    draw < 0.45 ? 'WEB' : draw < 0.8 ? 'APP' : draw < 0.93 ? 'STORE' : draw < 0.985 ? 'EMAIL' : 'CALL_CENTER';
  return { favourite, hour: random.pick([8, 12, 13, 17, 19, 20, 21]) };
}

function drawChannel(random: Random, favourite: DemoChannel): DemoChannel {
  if (random.chance(0.75)) return favourite;
  return random.pick(['WEB', 'WEB', 'APP', 'APP', 'STORE', 'EMAIL'] as const);
}

/** Some minute around the shopper's usual hour of that day (UTC). */
function startHour(random: Random, day: number, hour: number): number {
  const midnight = Math.floor(day / DAY_MS) * DAY_MS;
  const minutes = hour * 60 + random.normal() * 75;
  return midnight + Math.floor(Math.min(23.4 * 60, Math.max(0, minutes)) * 60) * SECOND_MS;
}
