import { defineConfig } from 'vitest/config';

/** Tests stand beside what they test; laws stand in `properties/`. */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['{src,models,properties,bench,examples}/**/*.test.ts', 'properties/**/*.property.ts'],
    pool: 'threads',
    setupFiles: [new URL('vitest.setup.ts', import.meta.url).pathname],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: process.env['CI'] ? ['default', ['json', { outputFile: '.ci/report.json' }]] : ['default'],
  },
});
