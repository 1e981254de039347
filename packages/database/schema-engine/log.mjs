/** One line of the schema engine's structured log, as the Prisma CLI parses it from stderr. */
export function logLine(level, message, fields = {}) {
  const entry = { timestamp: new Date().toISOString(), level, fields: { message, ...fields }, target: 'schema_engine' };
  process.stderr.write(`${JSON.stringify(entry)}\n`);
}
