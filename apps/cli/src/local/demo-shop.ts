import type { Database } from '@sotto/database';
import { isShopEmpty } from '@sotto/shop';
import type { ShopKeys } from '@sotto/vault';
import { seedDemoShop } from '../demo/seed.ts';
import type { Terminal } from '../terminal.ts';

const MINUTE_MS = 60_000;

/** Gives an empty shop the demo shop's products, customers and their doings up to now. */
export async function fillEmptyShop(database: Database, keys: ShopKeys, terminal: Terminal): Promise<void> {
  if (!(await isShopEmpty(database.pool))) return;
  const until = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  await terminal.step('Demo shop', (report) =>
    seedDemoShop(database, keys, {
      until,
      onProgress: (fraction) => report(fraction < 1 ? 'drawing customers' : 'storing what they did', fraction),
    }),
  );
}
