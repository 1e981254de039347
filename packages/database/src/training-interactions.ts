import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { Database } from './client.ts';
import type { EventType } from './generated/enums.ts';

/** Takes a snapshot's rows as they stream by. */
export interface InteractionReader {
  /**
   * Once, before any row.
   * @param size upper bounds, for buffers; exact counts that must not leave the worker
   */
  begin(size: { readonly customerCount: number; readonly rowCount: number; readonly productIds: Int32Array }): void;
  /**
   * @param isNewCustomer true on the first row of each customer
   * @param kind index in the list of kinds that was asked for
   * @param time seconds since 1970
   */
  row(isNewCustomer: boolean, productId: number, kind: number, time: number): void;
}

/**
 * What a row of `interaction` says of taste, as SQL: a rating below 3 of 5 is a dislike. Models and serving read it alike;
 * the row keeps what was recorded.
 */
export const TASTE_TYPE_SQL = `CASE WHEN type = 'RATING' AND rating < 3 THEN 'DISLIKE' ELSE type END`;

/** What a release may read: nothing of accounts that did not pay for it, nothing that came after it was priced. */
export interface TrainingWindow {
  readonly cohorts: readonly string[];
  /** Rows received before this. */
  readonly end: Date;
}

const TRAINING_CONSENT = 2;

// COPY's binary format: a header, then each row as a field count and, field by field, a length and the bytes.
const HEADER_BYTES = 19;
const ROW_BYTES = 2 + (4 + 16) + (4 + 4) + (4 + 2) + (4 + 8);
const TRAILER_BYTES = 2;

/**
 * Streams, from one snapshot, the interactions of accounts that consent to TRAINING, customer by customer, each from
 * oldest to newest, and the products on sale. Nothing is held but the current piece of the stream.
 * @param kinds event types to read, a low rating being a dislike; others are left out
 * @param window of a release; all rows of all cohorts without one
 * @throws when the connection breaks, or soon after `signal` aborts
 */
export async function readTrainingInteractions(
  database: Pick<Database, 'pool'>,
  kinds: readonly EventType[],
  reader: InteractionReader,
  signal: AbortSignal,
  window?: TrainingWindow,
): Promise<void> {
  const consents = `c.external_id_hash IS NOT NULL AND c.consent_mask & ${TRAINING_CONSENT} <> 0${
    window ? ` AND c.cohort IN (${listLiterals(window.cohorts)})` : ''
  }`;
  const received = window ? ` AND i.received_at < ${pg.escapeLiteral(window.end.toISOString())}` : '';
  const from = `FROM interaction i JOIN customer c ON c.id = i.customer_id WHERE ${consents}${received}`;
  const wanted = `AND ${TASTE_TYPE_SQL} IN (${listLiterals(kinds)})`;
  const kindIndex = `CASE ${TASTE_TYPE_SQL} ${kinds.map((kind, index) => `WHEN ${pg.escapeLiteral(kind)} THEN ${index}`).join(' ')} END`;
  const client = await database.pool.connect();
  let isComplete = false;
  let endSession: (() => void) | undefined;
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query("SET LOCAL work_mem = '64MB'"); // sorts a shop's rows in memory rather than on disk
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
    // The server may sort for minutes before the first row, and a cancel of the statement could fall between two.
    endSession = () => {
      database.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]).catch(() => undefined); // it is gone already
    };
    signal.addEventListener('abort', endSession, { once: true });
    signal.throwIfAborted();
    const products = await client.query('SELECT id FROM product WHERE deleted_at IS NULL ORDER BY id');
    const size = await client.query(
      `SELECT (SELECT count(*)::int ${from} ${wanted}) AS "rowCount",
              (SELECT count(*)::int FROM customer c WHERE ${consents}) AS "customerCount"`,
    );
    reader.begin({ ...size.rows[0], productIds: Int32Array.from(products.rows, (row) => row.id) });
    const stream = client.query(
      copyTo(
        `COPY (SELECT i.customer_id, i.product_id, (${kindIndex})::int2,
                      greatest(0, floor(date_part('epoch', i.occurred_at)))::int8
               ${from} ${wanted} ORDER BY i.customer_id, i.occurred_at, i.event_id) TO STDOUT (FORMAT binary)`,
      ),
    );
    await parseRows(stream, reader, signal);
    await client.query('COMMIT');
    signal.throwIfAborted();
    isComplete = true;
  } finally {
    if (endSession) signal.removeEventListener('abort', endSession);
    // In the middle of a COPY, or about to be ended, a connection is of no more use.
    client.release(!isComplete);
  }
}

/** COPY takes no parameters. NULL alone is in no list, so none of nothing matches. */
function listLiterals(texts: readonly string[]): string {
  return texts.length === 0 ? 'NULL' : texts.map((text) => pg.escapeLiteral(text)).join(', ');
}

async function parseRows(stream: AsyncIterable<Buffer>, reader: InteractionReader, signal: AbortSignal): Promise<void> {
  let rest: Buffer = Buffer.alloc(0);
  let isHeaderRead = false;
  let customer: Buffer = Buffer.alloc(16);
  let isFirst = true;
  for await (const piece of stream) {
    signal.throwIfAborted();
    const bytes: Buffer = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    if (!isHeaderRead) {
      if (bytes.length < HEADER_BYTES) {
        rest = bytes;
        continue;
      }
      isHeaderRead = true;
      at = HEADER_BYTES + bytes.readInt32BE(HEADER_BYTES - 4);
    }
    for (; at + ROW_BYTES <= bytes.length; at += ROW_BYTES) {
      const id = bytes.subarray(at + 6, at + 22);
      const isNewCustomer = isFirst || !id.equals(customer);
      if (isNewCustomer) customer = Buffer.from(id);
      isFirst = false;
      // No field is ever null, so all stand at fixed places. Seconds need 32 bits until 2106.
      reader.row(isNewCustomer, bytes.readInt32BE(at + 26), bytes.readInt16BE(at + 34), bytes.readUInt32BE(at + 44));
    }
    rest = bytes.subarray(at);
  }
  if (rest.length !== TRAILER_BYTES || rest.readInt16BE(0) !== -1)
    throw new Error('the stream of interactions ended in the middle of a row');
}
