/** What a command file offers: it gives its command arguments, options and an action that reports an exit code. */
import type { Command } from 'commander';

export type Define = (command: Command, done: (exitCode: number) => void) => void;
