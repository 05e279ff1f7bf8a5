/** The long runs: `npm run test:slow`. Properties draw new cases each time. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/slow/**/*.test.ts'],
    setupFiles: ['test/support/seeds.ts'],
    env: { DYADNET_SEED: process.env.DYADNET_SEED ?? 'random' },
    testTimeout: 3_600_000,
  },
});
