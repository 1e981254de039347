import { createHash } from 'node:crypto';
import { type Database, listPlacements, readArtifact } from '@sotto/database';
import { decodeArtifact } from '@sotto/recommender/serving';
import { Catalogue } from './catalogue.ts';
import { ContentIndex } from './content-index.ts';
import { type PlacementSettings, parsePlacementSettings } from './placement-settings.ts';
import { describeProduct, hasSameContent, type ProductVersion } from './product-version.ts';
import { findProductChanges, readActiveVersionId, readAllProducts, readProducts } from './read-changes.ts';
import { RESIDENT_MS, ResidentSpaces } from './resident-spaces.ts';
import { type ActiveModel, ScoreSpace } from './score-space.ts';
import { Vocabulary } from './text.ts';
import { TimeSlice } from './time-slice.ts';

/** A placement's settings and what tells them from others. */
export interface ServedPlacement {
  readonly settings: PlacementSettings;
  /** 8 bytes. */
  readonly settingsHash: Buffer;
}

/** All that requests read, replaced whole: a request takes it once and answers from that. */
export interface Snapshot {
  readonly catalogue: Catalogue;
  readonly space: ScoreSpace;
  readonly placements: ReadonlyMap<string, ServedPlacement>;
}

export interface SnapshotStoreOptions {
  readonly database: Database;
  /** Told of rows that cannot be served; what was served before stays. */
  readonly onError: (error: Error) => void;
  clock(): Date;
}

/** A broken artifact is not read again at every poll. */
const RETRY_MODEL_MS = 30_000;

/** Keeps the snapshot up to date with the rows. */
export class SnapshotStore {
  readonly residents = new ResidentSpaces();
  readonly #database: Database;
  readonly #onError: (error: Error) => void;
  readonly #nowMs: () => number;
  #snapshot: Snapshot | undefined;
  #vocabulary = new Vocabulary();
  #horizon: string | undefined;
  /** The space in force does not know what changed since: its index could not be built, or is being built. */
  #isIndexStale = false;
  #brokenModel: { readonly id: string; readonly untilMs: number } | undefined;
  /** JSON of the settings that were refused last, by placement, to report each once. */
  readonly #refusedSettings = new Map<string, string>();
  #lastMs = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor({ database, onError, clock }: SnapshotStoreOptions) {
    this.#database = database;
    this.#onError = onError;
    this.#nowMs = () => clock().getTime();
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  /**
   * The moment to rank a new list at, never before the snapshot came into force and never after the next one will:
   * what changed before or after a cursor's moment is then no matter of luck. Milliseconds since 1970.
   */
  now(): number {
    this.#lastMs = Math.max(this.#nowMs(), this.#lastMs);
    return this.#lastMs;
  }

  /** Takes over everything committed before the call. Calls that come while one runs share the next run. */
  refresh(): Promise<void> {
    if (!this.#running) {
      this.#running = this.#refresh().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    const running = this.#running;
    this.#next ??= running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.refresh();
      });
    return this.#next;
  }

  /** Settles when no refresh runs any more, whether it failed or not. */
  async settle(): Promise<void> {
    await this.#next?.catch(() => undefined); // whoever started it is told
    await this.#running?.catch(() => undefined);
  }

  async #refresh(): Promise<void> {
    const slice = new TimeSlice();
    const placements = await this.#readPlacements();
    const active = await this.#readModel();
    const { horizon, count, changedIds } = await findProductChanges(this.#database, this.#horizon);
    const before = this.#snapshot;
    const changed = before ? await this.#readChanged(before.catalogue, changedIds, slice) : [];
    if (!before || before.space.content.isOutgrown || hasLostProducts(before.catalogue, changed, count)) {
      await this.#load(active, placements, slice);
      this.#horizon = horizon;
      return;
    }
    let { catalogue } = before;
    if (changed.length > 0) {
      this.#isIndexStale ||= changed.some((version) => changesContent(catalogue, version));
      const nowMs = this.#tick();
      catalogue = catalogue.withChanges(changed, nowMs, nowMs - RESIDENT_MS);
    }
    this.#horizon = horizon;
    const { space } = before;
    // At once: what was hidden or sold out must not wait for the index.
    this.#snapshot = { catalogue, space, placements };
    if (!this.#isIndexStale && space.modelVersionId === (active?.modelVersionId ?? null)) return;
    const content = this.#isIndexStale ? await ContentIndex.build(catalogue, this.#vocabulary, slice) : space.content;
    const next = await ScoreSpace.build(active, catalogue, content, slice);
    this.residents.add(next, this.#tick());
    this.#snapshot = { catalogue, space: next, placements };
    this.#isIndexStale = false;
  }

  /** Reads everything anew. Lists that were begun before cannot go on. */
  async #load(active: ActiveModel | null, placements: Snapshot['placements'], slice: TimeSlice): Promise<void> {
    const vocabulary = new Vocabulary();
    const versions: ProductVersion[] = [];
    for await (const batch of readAllProducts(this.#database))
      for (const facts of batch) {
        versions.push(describeProduct(facts, vocabulary));
        await slice.rest();
      }
    const catalogue = Catalogue.load(versions, this.#tick());
    const content = await ContentIndex.build(catalogue, vocabulary, slice);
    const space = await ScoreSpace.build(active, catalogue, content, slice);
    const nowMs = this.#tick();
    if (this.#snapshot) this.residents.clear(nowMs);
    this.residents.add(space, nowMs);
    this.#vocabulary = vocabulary;
    this.#snapshot = { catalogue, space, placements };
    this.#isIndexStale = false;
  }

  /** A moment after every list ranked so far and not after any to come. */
  #tick(): number {
    this.#lastMs = Math.max(this.#nowMs(), this.#lastMs + 1);
    return this.#lastMs;
  }

  async #readChanged(catalogue: Catalogue, ids: readonly number[], slice: TimeSlice): Promise<ProductVersion[]> {
    const changed: ProductVersion[] = [];
    for await (const batch of readProducts(this.#database, ids))
      for (const facts of batch) {
        const index = catalogue.indexOfId(facts.product.id);
        const before = index === undefined ? undefined : catalogue.versions[index]!;
        const version = describeProduct(facts, this.#vocabulary, before);
        if (!before || !isSameVersion(before, version)) changed.push(version);
        await slice.rest();
      }
    return changed;
  }

  async #readPlacements(): Promise<ReadonlyMap<string, ServedPlacement>> {
    const placements = new Map<string, ServedPlacement>();
    for (const { name, settings } of await listPlacements(this.#database)) {
      const json = JSON.stringify(settings);
      const before = this.#snapshot?.placements.get(name);
      try {
        placements.set(name, servePlacement(parsePlacementSettings(settings)));
        this.#refusedSettings.delete(name);
      } catch (cause) {
        // Written past the API. The last good settings go on serving.
        if (before) placements.set(name, before);
        if (this.#refusedSettings.get(name) !== json)
          this.#onError(new Error(`The placement ${name} has settings that cannot be served`, { cause }));
        this.#refusedSettings.set(name, json);
      }
    }
    return placements;
  }

  async #readModel(): Promise<ActiveModel | null> {
    const serving = this.#snapshot?.space.active ?? null;
    const id = await readActiveVersionId(this.#database);
    if (id === null || id === serving?.modelVersionId) return id === null ? null : serving;
    if (this.#brokenModel?.id === id && this.#nowMs() < this.#brokenModel.untilMs) return serving;
    try {
      // A rollback finds its model still resident.
      const resident = this.residents.find(id, this.#lastMs)?.active;
      if (resident) return resident;
      const artifact = await readArtifact(this.#database, id);
      return { modelVersionId: id, model: decodeArtifact(artifact, { isVerified: true }) };
    } catch (cause) {
      this.#brokenModel = { id, untilMs: this.#nowMs() + RETRY_MODEL_MS };
      this.#onError(new Error(`Model version ${id} cannot be loaded; the one before it goes on serving`, { cause }));
      return serving;
    }
  }
}

export function servePlacement(settings: PlacementSettings): ServedPlacement {
  return { settings, settingsHash: createHash('sha256').update(JSON.stringify(settings)).digest().subarray(0, 8) };
}

/** True when rows went away or changed their sku: a replacing import. Products are never deleted otherwise. */
function hasLostProducts(catalogue: Catalogue, changed: readonly ProductVersion[], count: number): boolean {
  let added = 0;
  for (const { product } of changed) {
    const index = catalogue.indexOfId(product.id);
    if (index === undefined) added++;
    else if (catalogue.versions[index]!.product.sku !== product.sku) return true;
  }
  return count < catalogue.size + added;
}

function changesContent(catalogue: Catalogue, version: ProductVersion): boolean {
  const index = catalogue.indexOfId(version.product.id);
  const before = index === undefined ? undefined : catalogue.versions[index];
  return !before || before.isDeleted !== version.isDeleted || !hasSameContent(before.product, version.product);
}

function isSameVersion(left: ProductVersion, right: ProductVersion): boolean {
  const [before, after] = [left.product, right.product];
  return (
    hasSameContent(before, after) &&
    left.isDeleted === right.isDeleted &&
    left.freshAtMs === right.freshAtMs &&
    before.sku === after.sku &&
    before.description === after.description &&
    before.currency === after.currency &&
    before.imageUrl === after.imageUrl &&
    before.isAvailable === after.isAvailable &&
    before.isHidden === after.isHidden
  );
}
