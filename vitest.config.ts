import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/slow/**', 'test/package/**', 'test/page/**'],
    testTimeout: 60_000,
  },
});
