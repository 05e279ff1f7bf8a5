/** `npm run test:package`: the packed tarball in a clean Node project and in a Vite app in headless Chromium; the built page there. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/package/**/*.test.ts', 'test/page/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
