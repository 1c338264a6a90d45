/**
 * Recordings in files, gzipped when the name says so (`.gz`); reading looks at the bytes instead.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isLeft } from 'fp-ts/lib/Either.js';
import { CliError, systemReason } from '../../../../src/cli/exit.ts';
import { parseRecording, recordingText, type Line } from '../../recording/format.ts';

/** @throws CliError for a file that cannot be read or is no recording. */
export function readRecording(path: string): Line[] {
  let text: string;
  try {
    const bytes = readFileSync(path);
    text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new CliError(`cannot read the recording ${path}: ${systemReason(error)}`);
  }
  const parsed = parseRecording(text);
  if (isLeft(parsed)) throw new CliError(`${path}: not a recording: ${parsed.left} (docs/recordings.md describes the format)`);
  return parsed.right;
}

/** @throws CliError when it cannot be written. */
export function writeRecording(path: string, lines: readonly Line[]): void {
  const text = recordingText(lines);
  try {
    writeFileSync(path, path.endsWith('.gz') ? gzipSync(text) : text);
  } catch (error) {
    throw new CliError(`cannot write the recording ${path}: ${systemReason(error)}`);
  }
}
