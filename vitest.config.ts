import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/slow/**', 'test/package/**', 'test/page/**'],
    setupFiles: ['test/support/seeds.ts'],
    testTimeout: 60_000,
    // Vitest keeps one core for itself by default: half of what the usual machine of CI has.
    maxWorkers: '100%',
  },
});
