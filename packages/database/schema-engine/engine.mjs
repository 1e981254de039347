import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import pg from 'pg';
import { parseDatabaseUrl } from './connection.mjs';

const require = createRequire(import.meta.url);
const CHAR_OID = 18; // PostgreSQL's internal "char", used all over its catalogues
const TEXT_OID = 25;

/** Loads the WASM schema engine, bound to one database. */
export async function loadEngine(datasource, datamodelPaths) {
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  let panic = '';
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message(message) {
      panic = message;
    },
  };
  const bindings = await import(path);
  const bytes = readFileSync(path.replace(/\.js$/, '.wasm'));
  const { instance: wasm } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(wasm.exports);
  wasm.exports.__wbindgen_start();

  const datamodels = datamodelPaths.map((file) => [file, readFileSync(file, 'utf8')]);
  const factory = bindMigrationAwareSqlAdapterFactory(await connectFactory(datasource));
  const noLog = () => {};
  const instance = await bindings.SchemaEngine.new(
    { datamodels: datamodels.length > 0 ? datamodels : undefined },
    noLog,
    factory,
  );
  return { instance, panicMessage: () => panic };
}

async function connectFactory(datasource) {
  const { config, schema } = parseDatabaseUrl(datasource.url);
  const factory = new PrismaPg(config, { schema });
  await patchAdapter(factory);
  factory.connectToShadowDb = () => connectToShadow(config, datasource.shadowDatabaseUrl);
  return factory;
}

/**
 * Two mends of adapter-pg for the engine's use: it refuses columns of the catalogue type "char", which introspection
 * reads (handed over as Character), and it cuts scripts at every semicolon, also inside a function's body.
 */
async function patchAdapter(factory) {
  const adapter = await factory.connect();
  let prototype = Object.getPrototypeOf(adapter);
  while (prototype && !Object.hasOwn(prototype, 'performIO')) prototype = Object.getPrototypeOf(prototype);
  if (!prototype) throw new Error('@prisma/adapter-pg changed: performIO is gone');
  const { performIO, queryRaw } = prototype;
  prototype.performIO = async function (query) {
    const result = await performIO.call(this, query);
    const charColumns = [];
    for (const [i, field] of (result.fields ?? []).entries()) {
      if (field.dataTypeID !== CHAR_OID) continue;
      charColumns.push(i);
      field.dataTypeID = TEXT_OID;
    }
    if (result.rows) Object.defineProperty(result.rows, 'charColumns', { value: charColumns });
    return result;
  };
  prototype.queryRaw = async function (query) {
    const result = await queryRaw.call(this, query);
    for (const i of result.rows.charColumns ?? []) result.columnTypes[i] = ColumnTypeEnum.Character;
    return result;
  };
  const withScript = Object.getPrototypeOf(adapter);
  withScript.executeScript = async function (script) {
    await this.client.query(script).catch((error) => this.onError(error));
  };
  await adapter.dispose();
}

/** adapter-pg drops its shadow database while its own pool is still connected, so it is made and dropped here. */
async function connectToShadow(config, shadowUrl) {
  if (shadowUrl) return new PrismaPg(parseDatabaseUrl(shadowUrl).config).connect();
  const database = `prisma_migrate_shadow_db_${randomUUID()}`;
  const admin = new pg.Client(config);
  await admin.connect();
  await admin.query(`CREATE DATABASE ${pg.escapeIdentifier(database)}`);
  const adapter = await new PrismaPg({ ...config, database }).connect();
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await admin.query(`DROP DATABASE ${pg.escapeIdentifier(database)} WITH (FORCE)`);
    await admin.end();
  };
  return adapter;
}
