/**
 * `kubetwin why LOG pod/x --scores`: the scheduler's decision node by node, from a log that kept only its outcome.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { folder, kubetwin } from './kubetwin.ts';

const PODS = `
apiVersion: v1
kind: Pod
metadata: {name: small}
spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: 100m}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: huge}
spec: {containers: [{name: c, image: nginx, resources: {requests: {cpu: "400"}}}]}
`;
const logs = { short: '', long: '' };

beforeAll(() => {
  const place = folder();
  const pods = join(place, 'pods.yaml');
  writeFileSync(pods, PODS);
  for (const name of ['short', 'long'] as const) {
    logs[name] = join(place, `${name}.log`);
    const made = kubetwin(['run', pods, '--for', '20s', '--log', logs[name], ...(name === 'long' ? ['--explain-scheduling'] : [])]);
    expect(made).toMatchObject({ code: 0 });
  }
});

it('shows raw, normalised and weighted scores of every node', () => {
  const { code, stdout } = kubetwin(['why', logs.short, 'pod/small', '--scores']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^#\d+ pod default\/small, attempt 1: scheduled to node-\d, drawn from 3 equally good nodes/);
  for (const node of ['node-1', 'node-2', 'node-3']) expect(stdout).toContain(`  ${node}: total `);
  expect(stdout).toMatch(/ {4}NodeResourcesFit: raw (\d+), normalised \1 × 1 = \1\n/);
  expect(stdout).toMatch(/ {4}TaintToleration: raw 0, normalised 100 × 3 = 300\n/);
});

it('shows which plugin refused each node', () => {
  const { stdout } = kubetwin(['why', logs.short, 'pod', 'huge', '--scores']);
  expect(stdout).toContain('0/3 nodes are available: 3 Insufficient cpu.');
  for (const node of ['node-1', 'node-2', 'node-3']) expect(stdout).toContain(`  ${node}: refused by NodeResourcesFit (Unschedulable): Insufficient cpu`);
});

it('says the same of a log that has the long form', () => {
  const ask = (log: string): unknown => (JSON.parse(kubetwin(['why', log, 'pod/huge', '--scores', '--json']).stdout) as { decision: { uid: string } }).decision;
  expect(ask(logs.long)).toEqual(ask(logs.short));
});

it('knows which pods there are', () => {
  expect(kubetwin(['why', logs.short, 'pod/nobody', '--scores'])).toMatchObject({ code: 1, stderr: 'kubetwin: no scheduler has decided about pod default/nobody up to there\n' });
  expect(kubetwin(['why', logs.short, 'svc/web', '--scores'])).toMatchObject({ code: 2, stderr: 'kubetwin: --scores is about a pod, such as pod/web-1, not about "svc/web"\n' });
});
