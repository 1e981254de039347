import { useDatabase } from '@sotto/database/testing';
import type { ReleaseAnswer } from '@sotto/ledger';
import { seededRandomSource, withSeededRandom } from '@sotto/privacy/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { gaussianRho, type Terms } from '../noise/budget.ts';
import { inSnapshot } from '../population.ts';
import { leastCovered } from '../testing/coverage.ts';
import { COHORTS, type MadeInteraction, makeShop, populationOf, storeShop, WINDOW_END } from '../testing/shop.ts';
import { computeFeatures, rangeOf, resolveSegmentation, SEGMENT_FEATURES, type SegmentationSpec } from './features.ts';
import { planSegments, readPoints, releaseSegments } from './plan.ts';
import { projectOntoPlane } from './projection.ts';
import { drawSegmentation, findOwnSegment, nearestSegment, prepareSegmentation, readSegments } from './segmentation.ts';
import { describeSegments } from './view.ts';

const database = useDatabase();
const shop = makeShop('segments', 250);
beforeAll(() => storeShop(database.current, shop));

const terms: Terms = { epsilon: '2', delta: '0.000001', assumedPopulation: null };
const population = { cohorts: COHORTS, windowEnd: WINDOW_END };
const all = resolveSegmentation({ segmentCount: 3, features: SEGMENT_FEATURES.map(({ name }) => name).sort() }, [
  'Books',
  'Games',
  'Home',
]);

/** The features of one account, from the generator's list. */
function truthOf(own: readonly MadeInteraction[]): number[] {
  const categoryOf = (sku: string) => shop.products.find((product) => product.sku === sku)!.categories[0];
  const share = (matches: (row: MadeInteraction) => boolean) => own.filter(matches).length / own.length;
  const purchases = own.filter(({ type }) => type === 'PURCHASE');
  const spend = purchases.reduce((sum, { price, quantity }) => sum + (price ?? 0) * (quantity ?? 1), 0) / 100;
  const last = Math.max(...own.map(({ at }) => at));
  return all.axes.map((axis) => {
    const [feature, part] = axis.split(':');
    if (feature === 'recency') return (WINDOW_END.getTime() - last) / 86_400_000;
    if (feature === 'frequency') return Math.log2(1 + purchases.length);
    if (feature === 'spend') return Math.log10(1 + spend);
    if (feature === 'category') return share(({ sku }) => categoryOf(sku) === part);
    if (feature === 'channel') return share(({ channel }) => channel === part);
    const hour = ['night', 'morning', 'afternoon', 'evening'].indexOf(part!);
    return share(({ at }) => Math.floor(new Date(at).getUTCHours() / 6) === hour);
  });
}

const inOrder = (points: readonly (readonly number[])[]) =>
  points.map((point) => point.map((x) => x.toFixed(9)).join()).sort();

describe('features', () => {
  it('are those of consenting accounts, each from its own rows', async () => {
    const points = await inSnapshot(database.current, (tx) => readPoints(tx, population, all));
    const read = Array.from({ length: points.length / all.axes.length }, (_, index) => [
      ...points.slice(index * all.axes.length, (index + 1) * all.axes.length),
    ]);
    const truth = populationOf(shop)
      .map((own) => own.filter(({ type }) => type !== 'IMPRESSION'))
      .filter(({ length }) => length > 0)
      .map(truthOf);
    expect(inOrder(read)).toEqual(inOrder(truth));
  });

  it('have public axes and ranges', () => {
    expect(all.axes).toHaveLength(3 + 3 + 4 + 5);
    for (const axis of all.axes) expect(rangeOf(axis).maximum).toBeGreaterThan(rangeOf(axis).minimum);
    expect(resolveSegmentation({ segmentCount: 2, features: ['category'] }, []).axes).toEqual(['recency']);
  });
});

describe('a plane', () => {
  it('keeps the distances of points that lie on one', () => {
    // Four corners of a rectangle, turned into a space of five dimensions.
    const corners = [
      [0, 0],
      [3, 0],
      [3, 1],
      [0, 1],
    ] as const;
    const u = [0.6, 0, 0.8, 0, 0];
    const v = [0, 1, 0, 0, 0];
    const points = corners.map(([a, b]) => u.map((entry, at) => 7 + a * entry + b * v[at]!));
    const places = projectOntoPlane(points);
    for (const [i, a] of places.entries())
      for (const [j, b] of places.entries()) {
        const wanted = Math.hypot(...points[i]!.map((entry, at) => entry - points[j]![at]!));
        expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeCloseTo(wanted, 6);
      }
    expect(projectOntoPlane(points)).toEqual(places);
  });

  it('has all points in one place when they are', () => {
    expect(
      projectOntoPlane([
        [1, 2],
        [1, 2],
      ]),
    ).toEqual([
      { x: 0, y: 0 },
      { x: 0, y: 0 },
    ]);
  });
});

const axes = ['recency', 'spend', 'category:Books'];
const cluster = (centroid: number[], size = 100) => ({ centroid, size, sizeLower: size - 9, sizeUpper: size + 9 });

describe('labels and traits', () => {
  it('tell what sets a segment apart, the strongest first', () => {
    const views = describeSegments(axes, [cluster([10, 4, 0.9]), cluster([300, 1, 0.1]), cluster([150, 2.5, 0.5])]);
    expect(views.map(({ label }) => label)).toEqual([
      'Likes Books, here lately',
      'Long away, spends little',
      'Average',
    ]);
    expect(views[0]).toMatchObject({
      traits: ['likes Books', 'here lately', 'spends much'],
      centroid: { recency: 10, spend: 4, 'category:Books': 0.9 },
      size: 100,
    });
  });

  it('are told apart, and stand whatever the noisy sizes are', () => {
    const views = describeSegments(axes, [cluster([5, 1, 0.2], -3), cluster([5, 1, 0.2], 0)]);
    expect(views.map(({ label }) => label)).toEqual(['Average', 'Average (2)']);
  });
});

/** Two groups far apart, a third between them. */
function groups(size: number): { spec: SegmentationSpec; points: Float64Array; centres: number[][] } {
  const random = seededRandomSource('groups');
  const centres = [
    [20, 4, 0.9],
    [300, 1, 0.1],
    [160, 2.5, 0.5],
  ];
  const points = Array.from({ length: size }, (_, index) =>
    centres[index % 3]!.map(
      (value, at) => value + ((random.below(101) - 50) / 1000) * (at === 0 ? 365 : at === 1 ? 5 : 1),
    ),
  );
  const spec = { segmentCount: 3, features: ['recency', 'spend', 'category'] as const, axes };
  return { spec, points: Float64Array.from(points.flat()), centres };
}

describe('a clustering', () => {
  const { spec, points, centres } = groups(6_000);
  const rho = gaussianRho(terms);
  const answers = withSeededRandom('clustering', () =>
    Array.from({ length: 60 }, () => releaseSegments(spec, rho, points)),
  );
  const nearestTo = (answer: ReleaseAnswer, centre: readonly number[]) =>
    readSegments(answer)[nearestSegment(centre, axes, readSegments(answer))]!;

  it('finds the groups, within the error that was expected for their number (false alarm 1e-6)', () => {
    const expected = planSegments(spec, { ...terms, assumedPopulation: 6_000 }).expectedError!;
    expect(expected).toBeLessThan(0.1);
    expect(planSegments(spec, terms).expectedError).toBeNull();
    let [near, all] = [0, 0];
    for (const answer of answers) {
      for (const centre of centres) {
        const { centroid } = nearestTo(answer, centre);
        for (const [at, axis] of axes.entries()) {
          const { minimum, maximum } = rangeOf(axis);
          all++;
          // The made groups are centred to within a fiftieth of an axis.
          if (Math.abs(centroid[axis]! - centre[at]!) / (maximum - minimum) <= expected + 0.005) near++;
        }
      }
    }
    expect(near).toBeGreaterThanOrEqual(leastCovered(all));
  });

  it('has sizes within their intervals, for groups that no noise can mix (false alarm 1e-6)', () => {
    let covered = 0;
    for (const answer of answers) {
      for (const centre of centres) {
        const { sizeLower, sizeUpper } = nearestTo(answer, centre);
        if (sizeLower <= 2_000 && 2_000 <= sizeUpper) covered++;
      }
    }
    expect(covered).toBeGreaterThanOrEqual(leastCovered(answers.length * 3));
  });

  it('names epsilon when it buys no noise that can be drawn', () => {
    expect(() => planSegments({ ...spec, axes: all.axes }, { ...terms, epsilon: '0.01' })).toThrow(
      /^epsilon is too small/,
    );
  });

  it('costs what was priced, whatever it clusters', () => {
    const { event } = planSegments(spec, terms);
    expect(planSegments(spec, { ...terms, assumedPopulation: 5 }).event).toEqual(event);
    expect(JSON.parse(JSON.stringify(event))).toEqual(event);
  });
});

describe('a segmentation', () => {
  const input = { segmentCount: 3, epsilon: '2', features: ['spend', 'recency', 'category'] };

  it('is prepared for its job, and drawn at the price that was reserved', async () => {
    const request = await prepareSegmentation(database.current.pool, input, { askedBy: 'ana' });
    expect(request).toMatchObject({ kind: 'SEGMENTS', epsilon: '2', purpose: 'ANALYTICS', askedBy: 'ana' });
    expect(request.question).toEqual({
      segmentCount: 3,
      features: ['category', 'recency', 'spend'],
      axes: ['category:Books', 'category:Games', 'category:Home', 'recency', 'spend'],
    });
    // As it comes back from the ledger: through JSON.
    const { event, question } = JSON.parse(JSON.stringify({ event: request.event, question: request.question }));
    const reservation = { ...population, ...request, event, question };
    const answer = await drawSegmentation(database.current, reservation);
    expect(readSegments(answer)).toHaveLength(3);
    expect(answer.rows).toHaveLength(3);
    expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
    await expect(drawSegmentation(database.current, { ...reservation, epsilon: '1' })).rejects.toThrow(
      /priced for another/,
    );
  });

  it('refuses by name', async () => {
    const prepare = (changes: object) =>
      prepareSegmentation(database.current.pool, { ...input, ...changes }, { askedBy: 'ana' });
    await expect(prepare({ segmentCount: 1 })).rejects.toMatchObject({ path: 'spec.segmentCount' });
    await expect(prepare({ features: ['age'] })).rejects.toMatchObject({ path: 'spec.features[0]' });
    await expect(prepare({ epsilon: '0' })).rejects.toMatchObject({ path: 'epsilon' });
    // The noise would be wider than can be drawn.
    await expect(prepare({ epsilon: '0.001', features: null })).rejects.toMatchObject({ path: 'epsilon' });
  });

  it("finds a customer's own segment from own rows and released centroids", async () => {
    const { pool } = database.current;
    const segments = describeSegments(axes, [cluster([10, 2, 0.5]), cluster([60, 0, 0.1])]);
    const answer = { axes, segments };
    const found = new Set<number>();
    for (const { id, interactions } of shop.accounts.slice(0, 60)) {
      const own = interactions.filter(({ type }) => type !== 'IMPRESSION');
      const segment = await findOwnSegment(pool, id, { answer, at: WINDOW_END });
      if (own.length === 0) expect(segment).toBeUndefined();
      else {
        const features = axes.map((axis) => truthOf(own)[all.axes.indexOf(axis)]!);
        expect(segment).toBe(nearestSegment(features, axes, segments));
        found.add(segment!);
      }
    }
    expect([...found].sort()).toEqual([0, 1]);
  });

  it('has features that are numbers, whatever a row holds', () => {
    const row = { category: null, channel: null, part: 3, interactions: 1, purchases: 0, spend: 0, last: 0 };
    const features = computeFeatures(all.axes, [row], WINDOW_END);
    expect(features.every((value) => Number.isFinite(value))).toBe(true);
  });
});
