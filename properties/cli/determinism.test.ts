/**
 * The same command gives the same log hash: in other processes, under another time zone, locale and working directory, on
 * another Node, in a worker thread, and after a hundred unrelated runs in the same process. Another seed gives another hash.
 */
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder, kubetwin, ROOT } from './kubetwin.ts';

const DEMO = join(ROOT, 'examples/demo');
let place = '';
let runs = 0;

interface Report {
  readonly log: string;
  readonly state: string;
  readonly records: number;
  readonly kind: string;
}

function report(seed: string, options: { cwd?: string; env?: Record<string, string> } = {}): Report {
  const { code, stdout, stderr } = kubetwin(['run', DEMO, '--nodes', '3', '--seed', seed, '--log', join(place, `${runs++}.log`), '--json'], options);
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}${stdout.slice(0, 2000)}`);
  const { log, state, records, kind } = JSON.parse(stdout) as Report;
  return { log, state, records, kind };
}

let first: Report;
beforeAll(() => {
  place = folder();
  first = report('1');
});

describe('the demo', () => {
  it('converges', () => {
    expect(first.kind).toBe('converged');
  });

  it('gives the same log in another process', () => {
    expect(report('1')).toEqual(first);
  });

  it.each([
    [{ TZ: 'Pacific/Chatham' }],
    [{ LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }],
    [{ NODE_ENV: 'production' }],
  ])('gives the same log with %j', (env) => {
    expect(report('1', { env: env as unknown as Record<string, string> })).toEqual(first);
  });

  it('gives the same log in another working directory', () => {
    expect(report('1', { cwd: place })).toEqual(first);
  });

  it('gives another log with another seed', () => {
    expect(report('2').log).not.toBe(first.log);
  });

  it('gives the same log in a worker thread, after a hundred unrelated runs there', async () => {
    const worker = new Worker(new URL('./hash-worker.mjs', import.meta.url), { workerData: { root: ROOT, unrelated: 100 } });
    const [message] = (await once(worker, 'message')) as [{ log: string; records: number }];
    await worker.terminate();
    expect(message).toEqual({ log: first.log, records: first.records });
  });

  const other = otherNode();
  it.skipIf(other === undefined)('gives the same log on another major version of Node (skipped when there is none)', () => {
    const { stdout } = spawnSync(other as string, [join(ROOT, 'dist/kubetwin.js'), 'run', DEMO, '--nodes', '3', '--seed', '1', '--log', join(place, 'other.log'), '--json'], { encoding: 'utf8', maxBuffer: 1 << 28 });
    expect((JSON.parse(stdout) as Report).log).toBe(first.log);
  });
});

/** A Node of another major version than this one, if the machine has one. */
function otherNode(): string | undefined {
  const candidates = [join(ROOT, 'node_modules/.bin/node'), '/usr/local/bin/node', '/usr/bin/node'];
  return candidates.filter(existsSync).find((path) => {
    const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
    return /^v\d+/.exec(stdout)?.[0] !== /^v\d+/.exec(process.version)?.[0];
  });
}
