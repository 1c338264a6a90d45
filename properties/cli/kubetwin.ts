/**
 * Runs the built command in a process of its own, as a person would. `npm run build` comes first (`npm test` does it).
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const ROOT = new URL('../..', import.meta.url).pathname;
const COMMAND = join(ROOT, 'dist/kubetwin.js');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Runs `kubetwin ARGS` to its end. */
export function kubetwin(args: readonly string[], { cwd = ROOT, env = {}, input = '' }: Place = {}): Result {
  if (!existsSync(COMMAND)) throw new Error('dist/kubetwin.js is missing: run `npm run build` first');
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { cwd, env: { ...process.env, ...env }, input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { code: status, stdout, stderr };
}

const started: ChildProcess[] = [];
const folders: string[] = [];
afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** Starts `kubetwin ARGS` and lets it run, until the tests of this file are over. */
export function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [COMMAND, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

/** A new empty folder, for as long as the tests of this file run. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'kubetwin-'));
  folders.push(path);
  return path;
}
