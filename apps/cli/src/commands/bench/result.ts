import { availableParallelism, cpus, totalmem } from 'node:os';

/** What one benchmark prints. */
export interface BenchResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
  /** What it is measured against, in the same run; null where that cannot be had. */
  readonly yardstick: { readonly name: string; readonly value: number } | null;
  readonly ratio: number | null;
  readonly machine: string;
}

/** The processor, its cores and memory, and the runtime: figures mean little without. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? process.arch;
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${memoryGb} GB, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}
