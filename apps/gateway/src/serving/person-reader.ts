import type { Database } from '@sotto/database';
import { type KnownAsker, type Person, type PersonQuery, readPeople, refuse } from './read-person.ts';

interface Waiting {
  readonly query: PersonQuery<KnownAsker>;
  resolve(person: Person): void;
  reject(error: unknown): void;
}

/** Statements under way at once. Requests that come meanwhile share the next one: a round trip costs more than a row. */
const MAX_STATEMENTS = 2;
/** People of one statement. */
const MAX_PEOPLE = 32;

/** Reads askers as requests come, none kept from one request to another; under load several in one statement. */
export class PersonReader {
  readonly #database: Pick<Database, 'pool'>;
  #waiting: Waiting[] = [];
  #statements = 0;

  constructor(database: Pick<Database, 'pool'>) {
    this.#database = database;
  }

  /** What one request may know of its asker, read after it came. */
  async read(query: PersonQuery): Promise<Person> {
    const { asker } = query;
    if (asker.kind === 'nobody') return refuse(asker.isGpc);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query: { ...query, asker }, resolve, reject });
      this.#start();
    });
  }

  /** Takes who waits longest, and with them those of the same kind: a statement reads one kind. */
  #start(): void {
    while (this.#waiting.length > 0 && this.#statements < MAX_STATEMENTS) {
      const { kind } = this.#waiting[0]!.query.asker;
      const batch = this.#waiting.filter(({ query }) => query.asker.kind === kind).slice(0, MAX_PEOPLE);
      const taken = new Set(batch);
      this.#waiting = this.#waiting.filter((waiting) => !taken.has(waiting));
      void this.#run(kind, batch);
    }
  }

  async #run(kind: KnownAsker['kind'], batch: readonly Waiting[]): Promise<void> {
    this.#statements++;
    try {
      const queries = batch.map(({ query }) => query);
      const people = await readPeople(this.#database, kind, queries);
      for (const [place, { resolve }] of batch.entries()) resolve(people[place]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#statements--;
      this.#start();
    }
  }
}
