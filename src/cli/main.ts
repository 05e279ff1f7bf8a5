#!/usr/bin/env node
/**
 * The command line. Exit codes: 0 done; 1 a proof was asked for and is refuted or undecided; 2 a usage or input error.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InputError } from '../exact/index.ts';
import { operandsLast } from './arguments.ts';
import { COMMANDS } from './commands.ts';
import { beQuiet } from './output.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('dyadnet')
    .description('ReLU networks with weights of a few bits: built, run, quantised and proved, exactly.')
    .version(version)
    .showSuggestionAfterError()
    .exitOverride();
  let code = 0;
  const words = argv.filter((a) => !a.startsWith('-'));
  const called = words[0] === 'help' ? words[1] : words[0];
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).description(summary).exitOverride().showSuggestionAfterError();
    if (name !== called) continue;
    const define = await load();
    define(command, (result) => {
      code = result;
    });
    if (!command.options.some((o) => o.long === '--quiet')) command.option('--quiet', 'no notes and no progress');
    command.hook('preAction', (_, { opts }) => {
      if (opts.call(command).quiet) beQuiet();
    });
  }
  await program.parseAsync(operandsLast(program, argv), { from: 'user' });
  return code;
}

// A reader that has seen enough (`dyadnet eval ... | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are not errors; commander has printed its sentence in every case.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else if (error instanceof InputError || isFileError(error)) {
    process.stderr.write(`dyadnet: ${sentence(error)}\n`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}

interface FileError extends Error {
  code: string;
  path?: string;
}

function isFileError(error: unknown): error is FileError {
  return error instanceof Error && 'code' in error && 'syscall' in error && typeof error.code === 'string';
}

function sentence(error: InputError | FileError): string {
  if (error instanceof InputError) return error.message;
  const what: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a folder',
    ENOTDIR: 'a part of its path is not a folder',
    ENOSPC: 'no space is left',
  };
  return `${error.path ?? 'file'}: ${what[error.code] ?? error.message}`;
}
