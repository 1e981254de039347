import { openDatabase } from '@sotto/database';
import { PURPOSES } from '@sotto/shop';
import { deriveShopKeys } from '@sotto/vault';
import { readEnv } from './env.ts';
import { createLogger } from './logging.ts';
import { createServer } from './server.ts';
import { createServing } from './serving/serving.ts';
import type { CatalogueProduct } from './serving/types.ts';

/*
 * The yardstick of `npm run bench -- gateway`: the same server, but `product(sku)` is one Prisma findUnique, as a
 * straightforward gateway would have it. Not part of what is deployed.
 */
const env = readEnv(process.env);
const logger = createLogger({ level: env.logLevel });
const database = openDatabase({ url: env.databaseUrl, maxConnections: 16, applicationName: 'sotto-bench' });
const keys = deriveShopKeys(env.masterKey);
const clock = () => new Date();
const serving = await createServing({ database, keys, logger, clock });
const server = await createServer({
  database,
  serving,
  findProduct,
  keys,
  customerTokenSecret: env.customerTokenSecret,
  gpcPolicy: { purposes: PURPOSES },
  logger,
  isProduction: env.isProduction,
  clock,
});
process.once('SIGTERM', async () => {
  await server.close();
  await serving.close();
  await database.close();
});
await server.listen({ host: env.host, port: env.port });

async function findProduct(sku: string): Promise<CatalogueProduct | undefined> {
  const row = await database.prisma.product.findUnique({ where: { sku } });
  if (!row || row.deletedAt) return undefined;
  return {
    id: row.id,
    sku: row.sku,
    title: row.title,
    description: row.description,
    brand: row.brand,
    categories: row.categories,
    price: row.price?.toFixed() ?? null,
    currency: row.currency,
    imageUrl: row.imageUrl,
    isAvailable: row.stock === null || row.stock > 0,
    isHidden: row.isHidden,
    createdAt: row.createdAt.getTime(),
  };
}
