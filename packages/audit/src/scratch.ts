import type { Database } from '@sotto/database';
import type { Attack } from './attack.ts';

/** An empty, migrated database that nobody else uses; gone when it is closed. */
export interface ScratchDatabase {
  readonly database: Database;
  close(): Promise<void>;
}

export type OpenScratch = () => Promise<ScratchDatabase>;

/** An attack that writes: it runs in a database of its own, never in a shop's. */
export function inScratch(
  open: OpenScratch,
  { attack, target }: Pick<Attack, 'attack' | 'target'>,
  make: (database: Database) => Attack | Promise<Attack>,
): Attack {
  return {
    attack,
    target,
    async run(context) {
      const scratch = await open();
      try {
        const made = await make(scratch.database);
        return await made.run(context);
      } finally {
        await scratch.close();
      }
    },
  };
}
