export { type Database, type DatabaseOptions, openDatabase } from './client.ts';
export { ClusterError } from './cluster/error.ts';
export { type Cluster, openCluster } from './cluster/open.ts';
export { isMigrated, migrateDatabase } from './migrate.ts';
