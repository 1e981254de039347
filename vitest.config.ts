import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    conditions: ['sotto:source'],
    // Vite would take graphql's ES modules where Node takes the CommonJS ones: two copies, which GraphQL refuses.
    alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }],
  },
  ssr: { resolve: { conditions: ['sotto:source'] } },
  test: {
    include: ['{apps,packages}/*/{src,test}/**/*.test.ts'],
    globalSetup: ['packages/database/src/testing/global-setup.ts'],
    // Two cores: more files at once only fight for them.
    maxWorkers: 2,
    // A guard against hanging, not a measure: a busy machine takes several times as long as an idle one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
