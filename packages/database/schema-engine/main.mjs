#!/usr/bin/env node
// Stands in for Prisma's native schema engine: newline-delimited JSON-RPC on stdin and stdout, answered by the same
// engine compiled to WASM, over node-postgres. So `prisma migrate` works where nothing but the npm registry is reached.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import readline from 'node:readline';
import { runDatabaseCommand } from './database-command.mjs';
import { loadEngine } from './engine.mjs';
import { logLine } from './log.mjs';

const require = createRequire(import.meta.url);
const args = process.argv.slice(2);
const optionOf = (name) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const optionsOf = (name) => args.flatMap((arg, i) => (arg === name ? [args[i + 1]] : []));
const datasource = JSON.parse(optionOf('--datasource') ?? '{}');

if (args.includes('--version') || args.includes('-V')) {
  const root = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/[^/\\]+$/, '');
  console.log(`schema-engine-wasm ${JSON.parse(readFileSync(`${root}package.json`, 'utf8')).version}`);
} else if (args.includes('cli')) {
  process.exitCode = await runDatabaseCommand(args[args.indexOf('cli') + 1], datasource.url);
} else {
  serve();
}

function serve() {
  process.on('uncaughtException', (error) => {
    logLine('ERROR', error.message, { backtrace: error.stack, is_panic: true });
    process.exit(101);
  });
  let engine;
  const answer = async ({ id, method, params }) => {
    try {
      engine ??= loadEngine(datasource, optionsOf('--datamodels'));
      const { instance } = await engine;
      const name = method === 'getDatabaseVersion' ? 'version' : method;
      if (typeof instance[name] !== 'function') throw new Error(`the WASM schema engine has no method ${method}`);
      let result = await instance[name](params);
      if (method === 'diff' && result?.stdout != null) {
        // The native engine prints a diff by calling back; the WASM build returns it.
        send({ id: 1_000_000 + id, method: 'print', params: { content: result.stdout } });
        result = { ...result, stdout: null };
      }
      send({ id, result: result ?? {} });
    } catch (error) {
      const { panicMessage } = (await engine?.catch(() => undefined)) ?? {};
      const data = {
        is_panic: false,
        message: panicMessage?.() || error?.message || String(error),
        meta: error?.meta ?? null,
        error_code: error?.code,
      };
      send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
    }
  };
  // One at a time, in order: the engine holds a single connection.
  let pending = Promise.resolve();
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    const request = JSON.parse(line);
    if (request.method) pending = pending.then(() => answer(request));
  });
  lines.on('close', () => pending.then(() => process.exit(0)));
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
