import type { Database } from '@sotto/database';
import type { FastifyInstance } from 'fastify';
import type { Serving } from './serving/types.ts';

const DATABASE_TIMEOUT_MS = 2_000;

/** /healthz: the process answers. /readyz: it can serve storefronts, and is not about to stop. */
export function addHealthRoutes(
  server: FastifyInstance,
  { database, serving }: { readonly database: Pick<Database, 'pool'>; readonly serving: Serving },
): void {
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
  });
  // A connection kept alive after its last answer would hold up the end.
  server.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const checks = {
      serving: serving.isReady() && !isClosing,
      database: await doesAnswer(database),
    };
    const isReady = checks.serving && checks.database;
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', checks });
  });
}

async function doesAnswer({ pool }: Pick<Database, 'pool'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((settle) => {
    timer = setTimeout(() => settle(false), DATABASE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([pool.query('SELECT 1').then(() => true), tooLate]);
  } catch {
    return false; // no answer is the answer
  } finally {
    clearTimeout(timer);
  }
}
