export { type Database, type DatabaseOptions, openDatabase } from './client.ts';
export { type Cluster, openCluster } from './cluster.ts';
export { ClusterError } from './cluster-error.ts';
export { isMigrated, migrateDatabase } from './migrate.ts';
