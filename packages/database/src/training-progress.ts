import type { Database } from './client.ts';
import type { Transaction } from './transaction.ts';
import { isUuid } from './uuid.ts';

/** A figure of one step of a run: a curve's point. */
export interface TrainingPoint {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

/** A quality figure of a version, with an interval where there is one. */
export interface ModelMetric {
  readonly name: string;
  readonly value: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Points of all curves, by name, then step. */
export async function readTrainingPoints(
  database: Database,
  modelVersionId: string,
): Promise<readonly (TrainingPoint & { readonly at: Date })[]> {
  if (!isUuid(modelVersionId)) return [];
  const rows = await database.prisma.trainingPoint.findMany({
    where: { modelVersionId },
    orderBy: [{ name: 'asc' }, { step: 'asc' }],
  });
  return rows.map(({ name, step, value, at }) => ({ name, step, value, at }));
}

/** What the run said, oldest first. */
export async function readTrainingLog(
  database: Database,
  modelVersionId: string,
): Promise<readonly { readonly line: string; readonly at: Date }[]> {
  if (!isUuid(modelVersionId)) return [];
  const rows = await database.prisma.trainingLog.findMany({ where: { modelVersionId }, orderBy: { id: 'asc' } });
  return rows.map(({ line, at }) => ({ line, at }));
}

export async function readModelMetrics(database: Database, modelVersionId: string): Promise<readonly ModelMetric[]> {
  if (!isUuid(modelVersionId)) return [];
  const rows = await database.prisma.modelMetric.findMany({ where: { modelVersionId }, orderBy: { name: 'asc' } });
  return rows.map(({ name, value, lower, upper }) => ({ name, value, lower, upper }));
}

/** A step that is told twice keeps its latest value. */
export async function writeTrainingPoints(
  tx: Transaction,
  modelVersionId: string,
  points: readonly TrainingPoint[],
): Promise<void> {
  // ON CONFLICT refuses to touch one row twice in a statement.
  const unique = [...new Map(points.map((point) => [`${point.step} ${point.name}`, point])).values()];
  if (unique.length === 0) return;
  await tx.query(
    `INSERT INTO training_point (model_version_id, name, step, value)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::float8[])
     ON CONFLICT (model_version_id, name, step) DO UPDATE SET value = excluded.value, at = now()`,
    [modelVersionId, unique.map((p) => p.name), unique.map((p) => p.step), unique.map((p) => p.value)],
  );
}

export async function writeTrainingLog(
  tx: Transaction,
  modelVersionId: string,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return;
  await tx.query(
    `INSERT INTO training_log (model_version_id, line)
     SELECT $1, line FROM unnest($2::text[]) WITH ORDINALITY AS told (line, position) ORDER BY position`,
    [modelVersionId, lines],
  );
}

export async function writeModelMetrics(
  tx: Transaction,
  modelVersionId: string,
  metrics: readonly ModelMetric[],
): Promise<void> {
  await tx.query('DELETE FROM model_metric WHERE model_version_id = $1', [modelVersionId]);
  for (const { name, value, lower, upper } of metrics)
    await tx.query(
      'INSERT INTO model_metric (model_version_id, name, value, lower, upper) VALUES ($1, $2, $3, $4, $5)',
      [modelVersionId, name, value, lower, upper],
    );
}
