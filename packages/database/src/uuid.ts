const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** PostgreSQL throws on a malformed uuid; for a caller an id that cannot exist is one that was not found. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
