/** The built command line, run as people run it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function dyadnet(args: readonly string[], options: { cwd?: string; input?: string } = {}): Ran {
  const ran = spawnSync(process.execPath, [MAIN, ...args], { ...options, encoding: 'utf8', maxBuffer: 1 << 26 });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

/** The one JSON object of a command that succeeds, or ends with the exit code that is allowed. */
export function json(args: readonly string[], options: { cwd?: string; allow?: number } = {}): Record<string, unknown> {
  const { code, out, err } = dyadnet([...args, '--json'], options);
  if (code !== 0 && code !== options.allow) throw new Error(`dyadnet ${args.join(' ')}: exit ${code}: ${err}`);
  return JSON.parse(out) as Record<string, unknown>;
}
