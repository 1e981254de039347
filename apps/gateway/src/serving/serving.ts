import { randomUUID } from 'node:crypto';
import { type Database, listen, MODEL_CHANNEL, PLACEMENT_CHANNEL } from '@sotto/database';
import { AppError, CATALOGUE_CHANNEL } from '@sotto/shop';
import type { ShopKeys } from '@sotto/vault';
import type { Logger } from 'pino';
import type { Catalogue } from './catalogue.ts';
import { CursorSigner } from './cursor.ts';
import { ensureDefaultPlacements } from './default-placements.ts';
import { PersonReader } from './person-reader.ts';
import { compileFilter } from './product-filter.ts';
import { resolveQuestion } from './question.ts';
import { MAX_DEPTH, type Place, rankList } from './rank-list.ts';
import { type RankingContext, readOwnHistory } from './ranking-context.ts';
import { explainPlace } from './reasons.ts';
import { SnapshotStore } from './snapshot-store.ts';
import { BUY_AGAIN_DAYS } from './strategies.ts';
import type {
  CatalogueProduct,
  ProductFilter,
  RecommendAnswer,
  RecommendEdge,
  RecommendRequest,
  Serving,
  Shortfall,
} from './types.ts';

const POLL_MS = 2_000;

export interface ServingOptions {
  readonly database: Database;
  readonly keys: Pick<ShopKeys, 'cursor'>;
  /** Told when refreshing fails; what was served before goes on. */
  readonly logger: Pick<Logger, 'error'>;
  clock(): Date;
}

/**
 * Loads catalogue, placements and active model, and answers from memory and one statement a request.
 * @throws when the first load fails
 */
export async function createServing({ database, keys, logger, clock }: ServingOptions): Promise<Serving> {
  await ensureDefaultPlacements(database);
  const onError = (err: Error) => logger.error({ err }, 'serving goes on with what it has');
  const store = new SnapshotStore({ database, onError, clock });
  await store.refresh();
  const refreshQuietly = () => void store.refresh().catch(onError);
  const channels = [CATALOGUE_CHANNEL, MODEL_CHANNEL, PLACEMENT_CHANNEL];
  const listener = await listen(database.url, channels, refreshQuietly);
  // Hints may be lost; rows are the truth.
  const poll = setInterval(refreshQuietly, POLL_MS);
  return new SnapshotServing(new PersonReader(database), store, new CursorSigner(keys.cursor), async () => {
    clearInterval(poll);
    await listener.close();
    await store.settle();
  });
}

class SnapshotServing implements Serving {
  readonly #people: PersonReader;
  readonly #store: SnapshotStore;
  readonly #signer: CursorSigner;
  readonly close: () => Promise<void>;

  constructor(people: PersonReader, store: SnapshotStore, signer: CursorSigner, close: () => Promise<void>) {
    this.#people = people;
    this.#store = store;
    this.#signer = signer;
    this.close = close;
  }

  async recommend(request: RecommendRequest): Promise<RecommendAnswer> {
    const { asker } = request;
    const snapshot = this.#store.snapshot!;
    const cursor = request.after === undefined ? undefined : this.#signer.decode(request.after, asker);
    const asOfMs = cursor?.asOfMs ?? this.#store.now();
    const view = snapshot.catalogue.viewAt(asOfMs);
    if (!view) throw listChanged();
    const question = resolveQuestion(snapshot, view, request);
    if (cursor && !cursor.questionHash.equals(question.hash()))
      throw new AppError('BAD_INPUT', 'after: is a cursor of another list', { path: 'after' });
    const space = cursor ? this.#store.residents.find(cursor.modelVersionId, asOfMs) : snapshot.space;
    const { settings, settingsHash } = question.placement;
    if (!space || (cursor && !cursor.settingsHash.equals(settingsHash))) throw listChanged();

    const purchaseDays = settings.strategies.includes('BUY_AGAIN') ? BUY_AGAIN_DAYS : 0;
    const person = await this.#people.read({
      asker,
      purchaseDays: Math.max(purchaseDays, settings.excludePurchasedDays),
      impressionHours: settings.rotation > 0 ? settings.rotationHours : 0,
      nowMs: asOfMs,
      ...(cursor && { watermarkUs: cursor.watermarkUs }),
    });
    if (cursor && cursor.isPersonal !== person.isConsented) throw listChanged();

    // From here to the end nothing waits: the space's scratch is this request's alone.
    const context: RankingContext = {
      settings,
      filter: request.filter,
      view,
      space,
      person,
      seeds: question.seeds,
      searchText: question.searchText,
      asOfMs,
      own: readOwnHistory(person, view, space),
    };
    const rank = cursor?.rank ?? 0;
    const page = collectPage(context, snapshot.catalogue, rank, request.first);
    const recommendationId = cursor?.recommendationId ?? randomUUID();
    const position = {
      modelVersionId: space.modelVersionId,
      asOfMs,
      watermarkUs: person.watermarkUs,
      isPersonal: person.isConsented,
      recommendationId,
      settingsHash,
    };
    const edges = page.places.map(
      ({ place, rank }) =>
        new RankedEdge(context, snapshot.catalogue, place, () =>
          this.#signer.encode({ ...position, rank: rank + 1, questionHash: question.hash() }, asker),
        ),
    );
    return {
      recommendationId,
      edges,
      hasNextPage: page.hasNext,
      hasPreviousPage: rank > 0,
      basis: describeBasis(context, page),
      modelVersionId: space.modelVersionId,
      shortfall: edges.length < request.first ? describeShortfall(snapshot.catalogue, page) : null,
    };
  }

  findProduct(sku: string): CatalogueProduct | undefined {
    const { catalogue } = this.#store.snapshot!;
    return findExisting(catalogue, catalogue.indexOfSku(sku));
  }

  findProductById(id: number): CatalogueProduct | undefined {
    const { catalogue } = this.#store.snapshot!;
    return findExisting(catalogue, catalogue.indexOfId(id));
  }

  listProducts(filter: ProductFilter, first: number, after: string | undefined): ReturnType<Serving['listProducts']> {
    const { catalogue } = this.#store.snapshot!;
    const { versions, skuOrder } = catalogue;
    const passes = compileFilter(filter);
    const edges: ProductEdge[] = [];
    let hasNextPage = false;
    let at = after === undefined ? 0 : findAfter(catalogue, this.#signer.decodeSku(after));
    for (; at < skuOrder.length; at++) {
      const version = versions[skuOrder[at]!]!;
      if (version.isDeleted || version.product.isHidden || (passes && !passes(version))) continue;
      hasNextPage = edges.length === first;
      if (hasNextPage) break;
      edges.push(new ProductEdge(version.product, this.#signer));
    }
    return { edges, hasNextPage, hasPreviousPage: after !== undefined };
  }

  refresh(): Promise<void> {
    return this.#store.refresh();
  }

  isReady(): boolean {
    return this.#store.snapshot !== undefined;
  }
}

/** Cursor and reason are worked out when somebody reads them: most documents select one of the two. */
class RankedEdge implements RecommendEdge {
  readonly product: CatalogueProduct;
  readonly score: number;
  readonly #context: RankingContext;
  readonly #place: Place;
  readonly #encode: () => string;

  constructor(context: RankingContext, catalogue: Catalogue, place: Place, encode: () => string) {
    this.product = catalogue.versions[place.index]!.product;
    this.score = place.score;
    this.#context = context;
    this.#place = place;
    this.#encode = encode;
  }

  get cursor(): string {
    return this.#encode();
  }

  get reason(): RecommendEdge['reason'] {
    return explainPlace(this.#context, this.#place);
  }
}

class ProductEdge {
  readonly product: CatalogueProduct;
  readonly #signer: CursorSigner;

  constructor(product: CatalogueProduct, signer: CursorSigner) {
    this.product = product;
    this.#signer = signer;
  }

  get cursor(): string {
    return this.#signer.encodeSku(this.product.sku);
  }
}

interface Page {
  readonly places: readonly { readonly place: Place; readonly rank: number }[];
  readonly hasNext: boolean;
  readonly list: ReturnType<typeof rankList>;
  /** Products of the list that may not be shown any more. */
  readonly hasWithdrawn: boolean;
}

/**
 * The places from `rank` on whose products may be shown now. Ranks count those that were withdrawn since the list
 * began, so that nothing moves when one is.
 */
function collectPage(context: RankingContext, current: Catalogue, rank: number, first: number): Page {
  for (let needed = rank + first + 1; ; needed = Math.min(MAX_DEPTH, 2 * needed)) {
    const list = rankList(context, needed);
    const showable = list.places
      .map((place, rank) => ({ place, rank }))
      .slice(rank)
      .filter(({ place }) => current.versions[place.index]!.isServable);
    const hasEnded = list.places.length < needed || needed >= MAX_DEPTH;
    if (showable.length <= first && !hasEnded) continue;
    return {
      places: showable.slice(0, first),
      hasNext: showable.length > first,
      list,
      hasWithdrawn: showable.length < list.places.length - rank,
    };
  }
}

function describeBasis({ person, space }: RankingContext, { list }: Page): RecommendAnswer['basis'] {
  const level = list.isPersonal ? 'PERSONAL' : list.isContextual ? 'CONTEXTUAL' : 'NONE';
  if (person.refusal) return { level, because: person.refusal };
  if (list.isPersonal) return { level, because: 'CONSENT' };
  if (person.watermarkUs === 0) return { level, because: 'NO_HISTORY' };
  return { level, because: space.active ? 'CONSENT' : 'NO_MODEL' };
}

function describeShortfall(catalogue: Catalogue, { list, hasWithdrawn }: Page): Shortfall | null {
  if (list.places.length >= MAX_DEPTH) return null; // cut off, not run out
  if (catalogue.versions.every(({ isDeleted }) => isDeleted)) return 'EMPTY_CATALOGUE';
  return list.hasRefused || hasWithdrawn ? 'FILTERED_OUT' : 'NO_CANDIDATES';
}

function findExisting({ versions }: Catalogue, index: number | undefined): CatalogueProduct | undefined {
  const version = index === undefined ? undefined : versions[index];
  return version?.isDeleted ? undefined : version?.product;
}

/** Where in the order of skus those after `sku` begin. */
function findAfter({ versions, skuOrder }: Catalogue, sku: string): number {
  let low = 0;
  let high = skuOrder.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (versions[skuOrder[middle]!]!.product.sku <= sku) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listChanged(): AppError {
  return new AppError('CONFLICT', 'after: this list is not kept any more, ask for it from its start', {
    path: 'after',
  });
}
