import { randomUUID } from 'node:crypto';
import type { Database } from './client.ts';
import { isUuid } from './uuid.ts';

/** A hint that placements changed; its payload is empty. */
export const PLACEMENT_CHANNEL = 'sotto_placement';

/** A named spot in a storefront, as stored; the gateway parses the settings. */
export interface PlacementRow {
  readonly id: string;
  readonly name: string;
  readonly settings: unknown;
}

/** All placements by name: a shop has a handful. */
export async function listPlacements({ pool }: Pick<Database, 'pool'>): Promise<PlacementRow[]> {
  const { rows } = await pool.query<PlacementRow>('SELECT id, name, settings FROM placement ORDER BY name');
  return rows;
}

export async function findPlacement({ pool }: Pick<Database, 'pool'>, id: string): Promise<PlacementRow | undefined> {
  if (!isUuid(id)) return undefined;
  const { rows } = await pool.query<PlacementRow>('SELECT id, name, settings FROM placement WHERE id = $1', [id]);
  return rows[0];
}

/** Creates or replaces the placement of that name; its id stays. */
export async function upsertPlacement(
  { pool }: Pick<Database, 'pool'>,
  placement: { readonly name: string; readonly settings: unknown },
): Promise<PlacementRow> {
  const { rows } = await pool.query<PlacementRow>(
    `WITH written AS (
       INSERT INTO placement (id, name, settings) VALUES ($1, $2, $3)
       ON CONFLICT (name) DO UPDATE SET settings = EXCLUDED.settings, updated_at = now()
       RETURNING id, name, settings
     ) SELECT written.* FROM written, pg_notify('${PLACEMENT_CHANNEL}', '')`,
    [randomUUID(), placement.name, JSON.stringify(placement.settings)],
  );
  return rows[0]!;
}

/** Inserts those whose name is not taken: what an operator edited stays as it is. */
export async function insertMissingPlacements(
  { pool }: Pick<Database, 'pool'>,
  placements: readonly { readonly name: string; readonly settings: unknown }[],
): Promise<void> {
  await pool.query(
    `INSERT INTO placement (id, name, settings) SELECT * FROM unnest($1::uuid[], $2::text[], $3::jsonb[])
     ON CONFLICT (name) DO NOTHING`,
    [
      placements.map(() => randomUUID()),
      placements.map(({ name }) => name),
      placements.map(({ settings }) => JSON.stringify(settings)),
    ],
  );
}
