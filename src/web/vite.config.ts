/** `vite build src/web`: static files that work under any path of any server, without one of ours behind them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** A service worker that knows the names of all files: fresh ones where there is a network, the kept ones where not. */
function offline(): Plugin {
  return {
    name: 'dyadnet-offline',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = ['./', ...Object.keys(bundle).map((name) => `./${name}`)];
      const source = `const FILES = ${JSON.stringify(files)};
addEventListener('install', (event) => {
  event.waitUntil(caches.open('dyadnet').then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});
addEventListener('activate', (event) => {
  const tidy = caches.open('dyadnet').then(async (cache) => {
    const known = new Set(FILES.map((file) => new URL(file, registration.scope).href));
    for (const request of await cache.keys()) if (!known.has(request.url)) await cache.delete(request);
  });
  event.waitUntil(tidy.then(() => clients.claim()));
});
addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || !event.request.url.startsWith(registration.scope)) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(event.request, { ignoreSearch: true }).then((kept) => kept ?? Response.error())));
});
`;
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}

/** The licences of what is bundled, which the library's own build has written, beside the page. */
function notices(): Plugin {
  return {
    name: 'dyadnet-notices',
    apply: 'build',
    generateBundle() {
      const source = readFileSync(join(import.meta.dirname, '../../dist/THIRD-PARTY.txt'), 'utf8');
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [offline(), notices()],
  worker: { format: 'es' },
  build: { outDir: '../../dist/web', emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } },
});
