import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['sotto:source'] },
  ssr: { resolve: { conditions: ['sotto:source'] } },
  test: {
    include: ['{apps,packages}/*/{src,test}/**/*.test.ts'],
    globalSetup: ['packages/database/src/testing/global-setup.ts'],
    // Two cores: more files at once only fight for them.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
