import { describe, expect, it } from 'vitest';
import { describeItems, emptyContent, type FeatureGroup, numberCategories } from './content-features.ts';
import { chooseHeadItems } from './head.ts';

const content = {
  categories: [['Home', 'Lamps'], ['Home', 'Lamps'], ['Home', 'Rugs'], ['Home', 'Rugs'], ['Sport'], ['Sport'], []],
  brands: ['Ada', 'Bob', 'Ada', 'Bob', null, 'Ada', 'Zoe'],
  prices: [10, 100, 50, 50, null, 20, 5],
  titles: ['', '', '', '', '', '', ''],
};

describe('features of the catalogue', () => {
  const groups = describeItems(content);
  const named = (name: string) => groups.find((group) => group.name === name)!;
  const featuresOf = ({ ptr, features }: FeatureGroup, item: number) => [...features.slice(ptr[item], ptr[item + 1])];

  it('go from what all items have to what few do', () => {
    expect(groups.map(({ name }) => name).slice(0, 4)).toEqual(['all', 'category 1', 'category 2', 'brand']);
    expect(named('all').featureCount).toBe(1);
    expect(featuresOf(named('category 1'), 0)).toEqual(featuresOf(named('category 1'), 3));
    expect(featuresOf(named('category 2'), 0)).not.toEqual(featuresOf(named('category 2'), 3));
    expect(featuresOf(named('category 2'), 4)).toEqual([]);
  });

  it('leave out what a single item has', () => {
    expect(featuresOf(named('brand'), 6)).toEqual([]);
    expect(featuresOf(named('brand'), 0)).toEqual(featuresOf(named('brand'), 5));
  });

  it('take words that neither nearly all titles have nor hardly any, in rows of norm 1', () => {
    const titles = Array.from(
      { length: 60 },
      (_, item) => `Lamp ${item % 6 === 0 ? 'oak' : 'steel'} ${item % 7 === 0 ? 'tall' : ''} n${item}`,
    );
    const words = describeItems({ ...emptyContent(60), titles }).find(({ name }) => name === 'words')!;
    expect(words.featureCount).toBe(2);
    expect(featuresOf(words, 0)).toHaveLength(2);
    expect(featuresOf(words, 1)).toEqual([]);
    expect(words.values[0]! ** 2 + words.values[1]! ** 2).toBeCloseTo(1);
  });

  it('are the one that all have where nothing is known', () => {
    expect(describeItems(emptyContent(5)).map(({ name }) => name)).toEqual(['all']);
    expect([...numberCategories(emptyContent(2))]).toEqual([-1, -1]);
    expect([...numberCategories(content)]).toEqual([0, 0, 1, 1, 2, 2, -1]);
  });
});

describe('the head', () => {
  const interest = Float32Array.from({ length: 500 }, (_, item) => (item % 2 === 0 ? 10 : 0));

  it('is what stands over the noise of interest, ascending', () => {
    const head = chooseHeadItems({ interest, deviation: 5 }, 10_000);
    expect(head).toHaveLength(250);
    expect([...head.slice(0, 3)]).toEqual([0, 2, 4]);
  });

  it('is neither below a least size nor above the most', () => {
    expect(chooseHeadItems({ interest, deviation: 100 }, 10_000)).toHaveLength(100);
    expect(chooseHeadItems({ interest, deviation: 5 }, 40)).toHaveLength(40);
    expect(chooseHeadItems({ interest: interest.slice(0, 7), deviation: 100 }, 40)).toHaveLength(7);
  });
});
