/**
 * What a container's PID 1 runs: a plugged-in program, a declared behaviour, or what the command line says.
 */
import { commandLine, type Container, environmentOf } from './container.ts';
import { credentialsOf, emptyRun, workingDirectory } from './container-start.ts';
import { behaviourFor, behaviourProgram } from './image/behaviour.ts';
import { programOf } from './image/layout.ts';
import type { ContainerRuntimeOptions } from './options.ts';
import { findExecutable } from './process/find-executable.ts';
import type { Program } from './process/wait.ts';

export interface EntryPoint {
  readonly program: Program;
  readonly argv: readonly string[];
  /** Nothing is known about the image and its command. */
  readonly isUnknown?: boolean;
}

/** The entry point, or runc's words for why there is none. */
export function entryPointOf(container: Container, { programs = {}, behaviours = [] }: ContainerRuntimeOptions): EntryPoint | string {
  const argv = commandLine(container.config, container.image);
  const names = [container.config.image, container.status.image];
  for (const [name, program] of Object.entries(programs)) if (names.some((each) => each.includes(name))) return { program, argv };
  const behaviour = behaviourFor(behaviours, names);
  if (behaviour !== undefined) return { program: behaviourProgram(behaviour), argv };
  if (argv.length === 0) return 'OCI runtime create failed: no command specified: unknown';
  const found = executableOf(container, argv);
  if (typeof found !== 'string') {
    const isPlaceholder = !container.image.isKnown && container.config.command.length === 0;
    return isPlaceholder ? { ...found, isUnknown: true } : found;
  }
  if (container.image.isKnown) return found;
  return { program: programOf('anything') ?? (() => emptyRun()), argv, isUnknown: true };
}

/** The program of a command line, through PATH and `#!` lines. */
export function executableOf(container: Container, argv: readonly string[]): EntryPoint | string {
  const path = environmentOf(container).get('PATH') ?? '';
  const found = findExecutable(container.tree, argv, path, workingDirectory(container), credentialsOf(container));
  const program = typeof found === 'string' ? undefined : programOf(found.program);
  if (typeof found !== 'string' && program !== undefined) return { program, argv: found.argv };
  const name = argv[0] ?? '';
  const exec = `OCI runtime create failed: runc create failed: unable to start container process: exec: "${name}": `;
  if (found === 'EACCES') return `${exec}permission denied: unknown`;
  if (!name.includes('/')) return `${exec}executable file not found in $PATH: unknown`;
  return `${exec}stat ${name}: no such file or directory: unknown`;
}
