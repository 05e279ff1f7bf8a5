/** What the runtime entry is made of, as a page loads it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Files that `run.js` of the folder `dist` loads: itself and its static imports. */
export function runtimeFiles(dist: string): string[] {
  const files = new Set<string>();
  const follow = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, name] of text.matchAll(/(?:^|[\n;])(?:import|export)\b[^;]*?(?:from)?\s*["']\.\/([^"']+)["']/g))
      follow(name as string);
  };
  follow('run.js');
  return [...files];
}

export const gzipped = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
