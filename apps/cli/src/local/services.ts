import { join } from 'node:path';
import { root } from '../repository.ts';
import type { Secrets } from './secrets.ts';
import { type Service, startService } from './service.ts';

export interface ServiceContext {
  readonly databaseUrl: string;
  /** Folder of the log files. */
  readonly logs: string;
  /** A line about a restart, for the terminal. */
  onReport(line: string): void;
}

export interface GatewayContext extends ServiceContext {
  readonly port: number;
  readonly secrets: Secrets;
}

const READY_TIMEOUT_MS = 1_000;

/** @throws ServiceError, see startService */
export function startWorker({ databaseUrl, logs, onReport }: ServiceContext, signal: AbortSignal): Promise<Service> {
  return startService(
    {
      name: 'worker',
      script: join(root, 'apps/worker/dist/main.js'),
      env: { ...process.env, DATABASE_URL: databaseUrl, DATABASE_URL_FILE: '' },
      logFile: join(logs, 'worker.log'),
      isReady: async (output) => output().includes('"msg":"ready"'),
      onReport,
    },
    signal,
  );
}

/** On 127.0.0.1. @throws ServiceError, see startService */
export function startGateway(
  { databaseUrl, logs, onReport, port, secrets }: GatewayContext,
  signal: AbortSignal,
): Promise<Service> {
  return startService(
    {
      name: 'gateway',
      script: join(root, 'apps/gateway/dist/main.js'),
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        DATABASE_URL_FILE: '',
        SOTTO_MASTER_KEY: secrets.masterKey,
        SOTTO_MASTER_KEY_FILE: '',
        SOTTO_CUSTOMER_TOKEN_SECRET: secrets.customerTokenSecret,
        SOTTO_CUSTOMER_TOKEN_SECRET_FILE: '',
        SOTTO_GATEWAY_HOST: '127.0.0.1',
        SOTTO_GATEWAY_PORT: String(port),
      },
      logFile: join(logs, 'gateway.log'),
      isReady: () => answers(`http://127.0.0.1:${port}/readyz`),
      onReport,
    },
    signal,
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // it does not listen yet
  }
}
