import { randomUUID } from 'node:crypto';
import { claimSegmentation, failSegmentation, finishSegmentation, inTransaction, writeSetting } from '@sotto/database';
import { budgetPolicy, completeRelease, startReservation } from '@sotto/ledger';
import { drawSegmentation } from '@sotto/questions';
import { beforeAll, expect, it } from 'vitest';
import { plantAccounts, spentOf } from './asking-shop.ts';
import { type Answer, useGateway } from './harness.ts';
import {
  ASK_QUESTION,
  GET_SEGMENTATION,
  LIST_REFUSED_ASKS,
  LIST_SEGMENTATIONS,
  REQUEST_SEGMENTATION,
} from './privacy-documents.ts';

const clock = { offsetMs: 0 };
const gateway = useGateway({ clock: () => new Date(Date.now() + clock.offsetMs) });
const poor = useGateway();

interface Shown {
  readonly __typename: string;
  readonly id: string;
  readonly code: string;
  readonly path: string;
  readonly message: string;
  readonly status: string;
  readonly segments: readonly { readonly id: string; readonly label: string; readonly size: number }[];
  readonly projection: readonly { readonly segment: { readonly id: string }; readonly x: number; readonly y: number }[];
  readonly release: { readonly id: string; readonly isComplete: boolean; readonly rows: readonly object[] };
}
const send = (input: object, shop = gateway) =>
  shop.ask<{ requestSegmentation: Shown }>(REQUEST_SEGMENTATION, { key: 'secret', variables: { input } });
async function request(input: object, shop = gateway): Promise<Shown> {
  const { body } = await send(input, shop);
  expect(body.errors).toBeUndefined();
  return body.data!.requestSegmentation;
}
const receiptOf = ({ body }: Answer<unknown>) => body.extensions!.privacy;
const idOf = (nodeId: string) => Buffer.from(nodeId, 'base64url').toString().split(':')[1]!;
const show = async (id?: string) =>
  (
    await gateway.read<{ segmentation: Shown | null }>(GET_SEGMENTATION, {
      key: 'secret',
      variables: id === undefined ? {} : { id },
    })
  ).segmentation;

/** What the worker does with a segmentation. */
async function draw({ id }: Pick<Shown, 'id'>): Promise<void> {
  const { database } = gateway;
  const handle = { segmentationId: idOf(id), workerId: randomUUID() };
  const { reservationId } = (await claimSegmentation(database, handle))!;
  const answer = await drawSegmentation(database, await startReservation(database, reservationId));
  await inTransaction(database, async (tx) => {
    await completeRelease(tx, reservationId, answer, new Date());
    await finishSegmentation(tx, handle);
  });
}

beforeAll(async () => {
  await plantAccounts(gateway.database, { accounts: 30, skus: ['tea', 'pot'] });
  await writeSetting(poor.database, budgetPolicy, { epsilon: '0.2' });
});

it('is reserved and charged when it is requested, and shows no segment before it is drawn', async () => {
  expect(await show()).toBeNull();
  const answer = await send({ segmentCount: 3, epsilon: '0.75', features: ['recency', 'spend'] });
  const requested = answer.body.data!.requestSegmentation;
  expect(requested).toMatchObject({
    __typename: 'Segmentation',
    status: 'PENDING',
    failure: null,
    segments: [],
    projection: [],
    release: { epsilon: '0.75', isComplete: false, rows: [], answer: {} },
  });
  const line = { path: 'requestSegmentation', id: requested.release.id, epsilon: '0.75', isReplay: false };
  expect(receiptOf(answer)).toEqual({ epsilon: '0.75', releases: [line], isComplete: true });
  const before = await spentOf(gateway.database);
  expect(before).not.toEqual([]);
  // Asked again while it waits: the same one, and no second charge.
  const again = await send({ segmentCount: 3, epsilon: '0.75', features: ['spend', 'recency'] });
  expect(again.body.data!.requestSegmentation.id).toBe(requested.id);
  expect(receiptOf(again)).toMatchObject({ epsilon: '0', releases: [{ isReplay: true }] });
  expect(await spentOf(gateway.database)).toEqual(before);
  const jobs = await gateway.database.pool.query('SELECT task_identifier FROM graphile_worker.jobs');
  expect(jobs.rows).toEqual([{ task_identifier: 'segment-customers' }]);

  await draw(requested);
  const ready = (await show())!;
  expect(ready).toMatchObject({
    id: requested.id,
    status: 'READY',
    release: { id: line.id, epsilon: '0.75', isComplete: true },
  });
  expect(ready.segments).toHaveLength(3);
  expect(new Set(ready.segments.map(({ label }) => label)).size).toBe(3);
  expect(ready.segments.map(({ size }) => size)).toEqual(
    ready.release.rows.map((row) => (row as { value: number }).value),
  );
  expect(ready.projection.map(({ segment }) => segment.id)).toEqual(ready.segments.map(({ id }) => id));
  for (const { x, y } of ready.projection) expect([Number.isFinite(x), Number.isFinite(y)]).toEqual([true, true]);
  const segment = ready.segments[1]!;
  for (const id of [segment.id, ready.id, ready.release.id])
    expect(
      await gateway.read('query($id: ID!) { node(id: $id) { id } }', { key: 'secret', variables: { id } }),
    ).toEqual({ node: { id } });
  expect(
    await gateway.read('query($id: ID!) { node(id: $id) { id ... on Segment { label } } }', {
      key: 'secret',
      variables: { id: segment.id },
    }),
  ).toEqual({ node: { id: segment.id, label: segment.label } });
});

it('shows the stored release when the same is asked again, also one that a question drew', async () => {
  const before = await spentOf(gateway.database);
  const again = await send({ segmentCount: 3, epsilon: '0.5', features: ['recency', 'spend'] });
  expect(again.body.data!.requestSegmentation).toMatchObject({ status: 'READY', id: (await show())!.id });
  expect(receiptOf(again)).toMatchObject({ epsilon: '0' });
  expect(await spentOf(gateway.database)).toEqual(before);
  const question = { kind: 'SEGMENTS', spec: { segmentCount: 2, features: ['frequency'] }, epsilon: '0.5' };
  const { askQuestion } = await gateway.read<{ askQuestion: { id: string } }>(ASK_QUESTION, {
    key: 'secret',
    variables: { question },
  });
  const shown = await request({ segmentCount: 2, epsilon: '0.5', features: ['frequency'] });
  expect(shown).toMatchObject({ status: 'READY', release: { id: askQuestion.id } });
  expect(shown.segments).toHaveLength(2);
  expect((await request({ segmentCount: 2, epsilon: '0.5', features: ['frequency'] })).id).toBe(shown.id);
});

it('stays charged and shows no segment when the draw fails', async () => {
  const requested = await request({ segmentCount: 4, epsilon: '0.5', features: ['recency'] });
  const handle = { segmentationId: idOf(requested.id), workerId: randomUUID() };
  const { reservationId } = (await claimSegmentation(gateway.database, handle))!;
  await startReservation(gateway.database, reservationId);
  const before = await spentOf(gateway.database);
  await failSegmentation(gateway.database, handle, 'it failed');
  expect(await show(requested.id)).toMatchObject({
    status: 'FAILED',
    failure: 'it failed',
    segments: [],
    release: { isComplete: false },
  });
  expect((await show())!.status).toBe('READY');
  expect(await spentOf(gateway.database)).toEqual(before);
});

it('lists them page by page', async () => {
  interface Page {
    readonly segmentations: {
      readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean };
    };
  }
  const seen: string[] = [];
  for (let after: string | undefined, more = true; more; ) {
    const { segmentations }: Page = await gateway.read<Page>(LIST_SEGMENTATIONS, {
      key: 'secret',
      variables: { first: 2, after },
    });
    seen.push(...segmentations.edges.map(({ node }) => node.id));
    after = segmentations.edges.at(-1)!.cursor;
    more = segmentations.pageInfo.hasNextPage;
  }
  expect(new Set(seen).size).toBe(3);
  expect(seen).toHaveLength(3);
});

it('is not charged again while it waits, however long, unless it is to be more exact', async () => {
  const input = { segmentCount: 5, epsilon: '0.5', features: ['recency'] };
  const waiting = await request(input);
  const before = await spentOf(gateway.database);
  clock.offsetMs = 300_000; // and it stays there: the ledger takes no clock that was set back
  expect((await request(input)).id).toBe(waiting.id);
  expect(await spentOf(gateway.database)).toEqual(before);
  const exacter = await request({ ...input, epsilon: '0.6' });
  expect(exacter.id).not.toBe(waiting.id);
  expect(await spentOf(gateway.database)).not.toEqual(before);
});

it.each([
  ['segmentCount', { segmentCount: 1, epsilon: '1' }],
  ['segmentCount', { segmentCount: 1_000, epsilon: '1' }],
  ['epsilon', { segmentCount: 3, epsilon: '0' }],
  ['epsilon', { segmentCount: 3, epsilon: '500' }],
  ['features[0]', { segmentCount: 3, epsilon: '1', features: ['income'] }],
  ['features', { segmentCount: 3, epsilon: '1', features: [] }],
])('refuses a wrong %s by its path, and charges nothing', async (path, input) => {
  const before = await spentOf(gateway.database);
  const refused = await request(input);
  expect(refused).toMatchObject({ __typename: 'InvalidInput', code: 'BAD_INPUT', path });
  expect(refused.message).not.toMatch(/^spec/);
  expect(await spentOf(gateway.database)).toEqual(before);
});

it('is refused when no cohort can pay', async () => {
  const refused = await request({ segmentCount: 3, epsilon: '5' }, poor);
  expect(refused).toMatchObject({ __typename: 'BudgetExhausted', code: 'BUDGET_EXHAUSTED', requestedEpsilon: '5' });
  const { refusedAsks } = await poor.read<{ refusedAsks: object[] }>(LIST_REFUSED_ASKS, { key: 'secret' });
  expect(refusedAsks).toMatchObject([{ code: 'BUDGET_EXHAUSTED', purpose: 'ANALYTICS' }]);
  expect((await poor.database.pool.query('SELECT 1 FROM segmentation')).rows).toEqual([]);
});
