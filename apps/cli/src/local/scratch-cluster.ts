import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, type ClusterOptions, openCluster } from '@sotto/database';
import { closeOnSignal } from '../stopping.ts';

/** An empty PostgreSQL of the caller's own; its files are gone when it is closed, or when a signal ends the program. */
export async function openScratchCluster(
  name: string,
  settings: NonNullable<ClusterOptions['settings']> = {},
): Promise<Pick<Cluster, 'url' | 'close'>> {
  const dataDir = await mkdtemp(join(tmpdir(), `sotto-${name}-`));
  await chmod(dataDir, 0o711); // the server's user walks through it
  const opening = openCluster({ dataDir, settings });
  const close = async () => {
    const cluster = await opening;
    await cluster.close();
    await rm(cluster.directory, { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  };
  const release = closeOnSignal(close);
  const { url } = await opening;
  return { url, close: () => close().finally(release) };
}
