/** The local PostgreSQL cannot serve; the message is one sentence for a person. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
}
