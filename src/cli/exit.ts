/**
 * Exit codes, and errors that know theirs.
 */

import { CorruptLog } from '../log/frame.ts';
import { UnsupportedLog } from '../log/header.ts';

/** 0 fine; 1 a property failed or the run did not converge; 2 usage or bad input; 3 replay diverged; 4 corrupt log. */
export const EXIT = { ok: 0, failed: 1, usage: 2, diverged: 3, corrupt: 4, interrupted: 130 } as const;

/** An error for the person at the terminal: a sentence that says what, where and what to do. No stack is shown. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What a log's reader throws, as an error for the person: exit code 4. Other errors are passed on. */
export function logError(path: string, error: unknown): unknown {
  if (error instanceof CorruptLog || error instanceof UnsupportedLog) return new CliError(`${path}: ${error.message}`, EXIT.corrupt);
  return error;
}

/** What the system says about a file, in words: "no such file", "permission denied". */
export function systemReason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'ENOENT':
      return 'no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of the path is not a folder';
    case 'ENOSPC':
      return 'no space is left on the device';
    case 'EROFS':
      return 'the file system is read-only';
    default:
      return message ?? String(error);
  }
}
