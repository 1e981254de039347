/** The local PostgreSQL cannot serve; the message is one sentence for a person. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}

/** One sentence from a server program's output. */
export function explain(output: string, what: string): string {
  if (/No space left on device/i.test(output)) return `${what}: the disk is full.`;
  if (/Read-only file system/i.test(output)) return `${what}: the disk is read-only.`;
  const line =
    output.split('\n').find((text) => /FATAL|error|could not/i.test(text)) ?? output.trim().split('\n').at(-1);
  return `${what}: ${line?.trim() || 'it said nothing'}`;
}
