// Compiles assembly/ to src/kernels/wasm.generated.ts. With --check: exits 1 when the committed module is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = dirname(fileURLToPath(import.meta.url));
const target = join(root, 'src/kernels/wasm.generated.ts');

// 65,536 pages = 4 GiB is the most a 32-bit memory may ask for; who opens the kernels sets the true limit.
const flags =
  '--runtime stub --importMemory --sharedMemory --maximumMemory 65536 --noAssert -O3 --converge ' +
  '--enable simd --enable threads --enable bulk-memory --bindings raw';

const outputs = new Map();
const { error, stderr } = await asc.main(['assembly/index.ts', '--outFile', 'kernels.wasm', ...flags.split(' ')], {
  readFile: (name, base) => {
    try {
      return readFileSync(join(root, base, name), 'utf8');
    } catch {
      return null; // asc probes several candidate paths of each import
    }
  },
  writeFile: (name, contents) => outputs.set(name, contents),
  listFiles: () => [],
});
if (error) {
  process.stderr.write(stderr.toString());
  process.exit(1);
}

const signatures = [...outputs.get('kernels.d.ts').matchAll(/export function (\w+)\(([^)]*)\): (\w+);/g)].map(
  ([, name, parameters, result]) => `  ${name}(${parameters.replace(/\?/g, '')}): ${result};`,
);
const source = `// Generated from assembly/ by build-kernels.mjs. Do not edit.
// biome-ignore-all lint: generated
export interface KernelExports {
${signatures.join('\n')}
}

export const KERNELS_BASE64 =
  '${Buffer.from(outputs.get('kernels.wasm')).toString('base64')}';
`;

if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = readFileSync(target, 'utf8');
  } catch (missing) {
    if (missing.code !== 'ENOENT') throw missing;
  }
  if (committed !== source) {
    process.stderr.write(`${target} is stale: run node packages/recommender/build-kernels.mjs\n`);
    process.exit(1);
  }
} else {
  writeFileSync(target, source);
}
