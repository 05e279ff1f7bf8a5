/** The commands, in the order in which the help lists them. Adding one: its file, and a line here. */
import type { Define } from './command.ts';
import { defineEval } from './eval.ts';
import { defineInspect } from './inspect.ts';

export const COMMANDS: readonly Define[] = [defineEval, defineInspect];
