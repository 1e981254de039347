import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateApiKey } from '@sotto/database';
import { AppError } from '@sotto/shop';
import { generateSecrets } from '../local/secrets.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const USAGE =
  'Usage: init --apps <folder> --postgres <folder> --gateway-url <url> --database-host <host:port> ' +
  '[--apps-owner uid:gid] [--postgres-owner uid:gid]';

/** Generates the secrets of a compose stack, once: each file readable by the one user that needs it. */
export async function run(args: string[]): Promise<number> {
  const { apps, postgres, gatewayUrl, databaseHost, appsOwner, postgresOwner } = parseOptions(args);
  const complete = join(postgres, 'complete');
  if (existsSync(complete)) {
    process.stderr.write('The secrets are there.\n');
    return 0;
  }
  const { masterKey, customerTokenSecret } = generateSecrets();
  const password = randomBytes(24).toString('base64url');
  const credentials = {
    gatewayUrl,
    publishableKey: generateApiKey('PUBLISHABLE'),
    secretKey: generateApiKey('SECRET'),
    customerTokenSecret,
  };
  for (const folder of [apps, postgres]) mkdirSync(folder, { recursive: true });
  const writeForApps = (name: string, text: string) => writeSecret(join(apps, name), text, appsOwner);
  writeForApps('master-key', masterKey);
  writeForApps('customer-token-secret', customerTokenSecret);
  writeForApps('credentials.json', JSON.stringify(credentials, null, 2));
  writeForApps('database-url', `postgresql://sotto:${password}@${databaseHost}/sotto`);
  writeSecret(join(postgres, 'password'), password, postgresOwner);
  writeFileSync(complete, '');
  process.stderr.write('The secrets are generated.\n');
  return 0;
}

function parseOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        apps: { type: 'string' },
        postgres: { type: 'string' },
        'gateway-url': { type: 'string' },
        'database-host': { type: 'string' },
        'apps-owner': { type: 'string' },
        'postgres-owner': { type: 'string' },
      },
    });
    const { apps, postgres, 'gateway-url': gatewayUrl, 'database-host': databaseHost } = values;
    if (!apps || !postgres || !gatewayUrl || !databaseHost) throw new TypeError('an option is missing');
    return {
      apps,
      postgres,
      gatewayUrl,
      databaseHost,
      appsOwner: parseOwner(values['apps-owner']),
      postgresOwner: parseOwner(values['postgres-owner']),
    };
  } catch (cause) {
    throw new AppError('BAD_INPUT', USAGE, { cause });
  }
}

function parseOwner(text: string | undefined): Owner | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+):(\d+)$/.exec(text);
  if (!match) throw new TypeError('an owner is uid:gid');
  return { uid: Number(match[1]), gid: Number(match[2]) };
}

function writeSecret(path: string, text: string, owner: Owner | undefined): void {
  rmSync(path, { force: true }); // of a run that was interrupted
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  if (owner) chownSync(path, owner.uid, owner.gid);
}
