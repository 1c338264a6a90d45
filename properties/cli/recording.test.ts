/**
 * `kubetwin record`, `compare` and `run --from`, against a served simulation in the place of a real cluster.
 */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folder, kubetwin, start } from './kubetwin.ts';

const DEPLOYMENT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
};
const place = folder();
const recording = join(place, 'web.ndjson.gz');
let server: ChildProcess;

/** The first address that a command prints after `before`. */
const addressOf = (child: ChildProcess, before: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const take = (chunk: unknown): void => {
      text += String(chunk);
      const found = new RegExp(`${before}(http://[\\d.:]+)`).exec(text)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.once('exit', () => reject(new Error(`no address in: ${text}`)));
  });

beforeAll(async () => {
  const kubeconfig = join(place, 'kubeconfig');
  server = start(['serve', '--port', '0', '--speed', '1', '--kubeconfig', kubeconfig]);
  const cluster = await addressOf(server, 'API on ');
  await fetch(`${cluster}/_sim/clock`, { method: 'POST', body: JSON.stringify({ until: 'converged' }) });
  const recorder = start(['record', '--kubeconfig', kubeconfig, '--out', recording, '--proxy', '0']);
  const door = await addressOf(recorder, 'kubectl --server ');
  const made = await fetch(`${door}/apis/apps/v1/namespaces/default/deployments`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(DEPLOYMENT) });
  expect(made.status).toBe(201);
  const isReady = async (): Promise<boolean> => {
    const { status } = (await (await fetch(`${door}/apis/apps/v1/namespaces/default/deployments/web`)).json()) as { status: { readyReplicas?: number } };
    return status.readyReplicas === 2;
  };
  while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 100));
  // What the last write set off is on its way to the recorder still: a recording that stops here may lack its end.
  await fetch(`${cluster}/_sim/clock`, { method: 'POST', body: JSON.stringify({ until: 'converged' }) });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  recorder.kill('SIGINT');
  expect(await once(recorder, 'exit')).toEqual([0, null]);
}, 60_000);

afterAll(() => void server.kill('SIGKILL'));

describe('kubetwin record', () => {
  it('writes what was asked and what was seen, and reads only', () => {
    const lines = gunzipSync(readFileSync(recording)).toString('utf8').trim().split('\n').map((line) => JSON.parse(line) as { rec: string; method?: string; status?: number; type?: string; object?: { kind: string } });
    expect(lines[0]).toMatchObject({ rec: 'header', scenario: 'web', kubernetes: 'v1.32.13' });
    expect(lines.filter(({ rec }) => rec === 'request')).toMatchObject([{ method: 'POST', status: 201, body: DEPLOYMENT }]);
    expect(lines.filter(({ rec, type, object }) => rec === 'watch' && type === 'ADDED' && object?.kind === 'Pod')).toHaveLength(2);
    expect(lines.at(-1)?.rec).toBe('final');
  });

  it('says what is wrong with its options', () => {
    expect(kubetwin(['record', '--kubeconfig', join(place, 'nothing'), '--out', recording])).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot read the kubeconfig') as string });
    expect(kubetwin(['record', '--out', recording, '--for', 'ever'])).toMatchObject({ code: 2, stderr: expect.stringContaining('--for must be a duration') as string });
  });
});

describe('kubetwin compare', () => {
  it('plays a recording, and finds little that differs', () => {
    const { code, stdout } = kubetwin(['compare', recording, '--json']);
    expect(code).toBe(0);
    const { aspects } = JSON.parse(stdout) as { aspects: Record<string, { score: number }> };
    expect(Object.keys(aspects)).toEqual(['responses', 'final', 'transitions', 'events', 'timing']);
    // Not `timing`: the served cluster follows the wall clock of a machine that may be busy.
    for (const name of ['responses', 'final', 'transitions', 'events']) expect(aspects[name]?.score, stdout).toBeGreaterThan(0.95);
  });

  it('finds nothing that differs between a recording and itself', () => {
    expect(kubetwin(['compare', recording, recording]).stdout).toMatch(/overall +1\.000/);
  });

  it('finds what somebody changed', () => {
    const changed = join(place, 'changed.ndjson');
    writeFileSync(changed, gunzipSync(readFileSync(recording)).toString('utf8').replaceAll('Successfully assigned', 'Assigned'));
    const { stdout } = kubetwin(['compare', recording, changed]);
    expect(stdout).toMatch(/events +0\.\d+/);
    expect(stdout).toContain('1 in the real cluster, 0 in the simulation: Pod | web-replicaset0-pod');
  });

  it('says what is no recording', () => {
    const path = join(place, 'no.ndjson');
    writeFileSync(path, '{"rec":"header"}\nnonsense\n');
    expect(kubetwin(['compare', path])).toMatchObject({ code: 2, stderr: expect.stringContaining('no.ndjson: not a recording: line 2 is no JSON') as string });
    expect(kubetwin(['compare', join(place, 'nowhere.ndjson')]).code).toBe(2);
  });
});

describe('kubetwin run --from', () => {
  it('begins with the objects of the recorded cluster, and replays', () => {
    const log = join(place, 'from.log');
    const { code, stdout } = kubetwin(['run', '--from', recording, '--log', log]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/deployment\.apps\/web +2\/2/);
    expect(kubetwin(['replay', log])).toMatchObject({ code: 0 });
    const { stdout: atStart } = kubetwin(['get', log, 'pods', '--at', '#5', '-o', 'name']);
    expect(atStart.trim().split('\n')).toHaveLength(2);
  });

  it('takes what kubectl get prints', () => {
    const log = join(place, 'printed.log');
    const { stdout } = kubetwin(['get', join(place, 'from.log'), 'nodes,deployments,services,namespaces', '-A', '-o', 'yaml']);
    const file = join(place, 'cluster.yaml');
    writeFileSync(file, stdout);
    const made = kubetwin(['run', '--from', file, '--log', log]);
    expect(made.stdout).toMatch(/deployment\.apps\/web +2\/2/);
    expect(made.code).toBe(0);
  });

  it('says what is missing', () => {
    const file = join(place, 'nodeless.yaml');
    writeFileSync(file, 'apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n');
    expect(kubetwin(['run', '--from', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('there are no Nodes among the objects') as string });
    writeFileSync(file, 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: x}\n');
    expect(kubetwin(['run', '--from', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('no matches for kind "Widget" in version "example.com/v1"') as string });
  });
});
