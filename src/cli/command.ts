/** What a command file offers: it adds its command to the program and reports the exit code of its run. */
import type { Command } from 'commander';

export type Define = (program: Command, done: (exitCode: number) => void) => void;
