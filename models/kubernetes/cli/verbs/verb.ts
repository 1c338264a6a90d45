/**
 * What a file of this folder exports: a function that adds one verb, or one group of verbs, to the command line.
 * A verb's file holds its arguments, options and help with working examples; what it does lives elsewhere.
 */
import type { Command } from 'commander';

/** Adds verbs to `command`; their actions hand the process's exit code to `exit`. */
export type Register = (command: Command, exit: (code: number) => void) => void;
