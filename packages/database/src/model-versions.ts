import type { Database } from './client.ts';
import type { ModelVersion as ModelVersionRow } from './generated/client.ts';
import type { ModelStatus, PrivacyLevel } from './generated/enums.ts';
import { isUuid } from './uuid.ts';

export type { ModelStatus, PrivacyLevel };

/** One trained artifact and the run that made it, without the bytes. */
export interface ModelVersion {
  readonly id: string;
  readonly algorithm: string;
  readonly status: ModelStatus;
  readonly hyperparameters: Readonly<Record<string, unknown>>;
  readonly privacyLevel: PrivacyLevel;
  /** A role or 'schedule', never a person. */
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly activatedAt: Date | null;
  /** 0..1 */
  readonly progress: number;
  readonly isCancelRequested: boolean;
  readonly device: string | null;
  /** Why it is FAILED or REFUSED, for a person to read. */
  readonly failure: string | null;
  /** Null until READY, and again once the artifact is removed: the last three active and newest three READY keep theirs. */
  readonly artifactBytes: number | null;
  readonly shouldActivate: boolean;
  /** Decimals. Of a DIFFERENTIAL version: what the releases it was computed from cost together; null until READY. */
  readonly epsilon: string | null;
  readonly delta: string | null;
  /** The release that its run draws itself; null when it learns from stored ones alone. */
  readonly reservationId: string | null;
  /** The releases that its artifact was computed from. */
  readonly releaseIds: readonly string[];
}

export interface ModelVersionPage {
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
  readonly hasNextPage: boolean;
}

export async function findModelVersion(database: Database, id: string): Promise<ModelVersion | undefined> {
  if (!isUuid(id)) return undefined;
  const row = await database.prisma.modelVersion.findUnique({ where: { id } });
  return row ? mapModelVersion(row) : undefined;
}

/**
 * Lists versions, newest first.
 * @param after the id of the last version of the page before
 * @returns undefined when `after` names no version
 */
export async function listModelVersions(
  database: Database,
  { first, after }: { readonly first: number; readonly after?: string | undefined },
): Promise<ModelVersionPage | undefined> {
  const last = after === undefined ? undefined : await findModelVersion(database, after);
  if (after !== undefined && !last) return undefined;
  const rows = await database.prisma.modelVersion.findMany({
    where: last
      ? { OR: [{ createdAt: { lt: last.createdAt } }, { createdAt: last.createdAt, id: { lt: last.id } }] }
      : {},
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: first + 1,
  });
  return { versions: rows.slice(0, first).map(mapModelVersion), hasNextPage: rows.length > first };
}

function mapModelVersion(row: ModelVersionRow): ModelVersion {
  const { hyperparameters } = row;
  return {
    id: row.id,
    algorithm: row.algorithm,
    status: row.status,
    hyperparameters: isJsonObject(hyperparameters) ? hyperparameters : {},
    privacyLevel: row.privacyLevel,
    requestedBy: row.requestedBy,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    activatedAt: row.activatedAt,
    progress: row.progress,
    isCancelRequested: row.isCancelRequested,
    device: row.device,
    failure: row.status === 'FAILED' || row.status === 'REFUSED' ? row.failure : null, // before that, what interrupted it last
    artifactBytes: row.artifactBytes === null ? null : Number(row.artifactBytes),
    shouldActivate: row.shouldActivate,
    epsilon: row.epsilon?.toFixed() ?? null,
    delta: row.delta?.toFixed() ?? null,
    reservationId: row.reservationId,
    releaseIds: row.releaseIds,
  };
}

function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
