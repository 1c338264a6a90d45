/**
 * The verbs that look into a log: what they print for one run in which things go wrong, their exit codes, and their errors.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verb } from './in-process.ts';
import { folder } from './kubetwin.ts';

const MANIFESTS = `
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers:
  - {name: c, image: nginx, resources: {requests: {memory: 900Gi}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: wbe}, ports: [{port: 80}]}
`;

let place = '';
let log = '';
const at = (name: string): string => join(place, name);

beforeAll(async () => {
  place = folder();
  log = at('run.log');
  writeFileSync(at('all.yaml'), MANIFESTS);
  writeFileSync(at('small.yaml'), 'apiVersion: v1\nkind: Pod\nmetadata: {name: small}\nspec: {containers: [{name: c, image: nginx}]}\n');
  expect(await verb('run', at('all.yaml'), '--nodes', '2', '--for', '20s', '--log', log)).toMatchObject({ code: 0 });
});

describe('kubetwin get', () => {
  it('prints tables as kubectl does, of one type, of several, of all namespaces', async () => {
    expect((await verb('get', log, 'pods')).stdout).toMatch(/^NAME {2,}READY {3}STATUS {4}RESTARTS {3}AGE\nbig {2,}0\/1 {5}Pending {3}0 {10}\d+s\nweb-\w+-\w{5} {3}1\/1 {5}Running {3}0 {10}\d+s\n/);
    expect((await verb('get', log, 'deploy,svc')).stdout).toMatch(/^NAME[\s\S]*deployment\.apps\/web +2\/2[\s\S]*\n\nNAME[\s\S]*service\/kubernetes/);
    expect((await verb('get', log, 'pods', '-A')).stdout).toMatch(/^NAMESPACE {3}NAME/);
    expect((await verb('get', log, 'pods', '-l', 'app=web', '--no-headers', '--show-labels')).stdout).toMatch(/^(web-\S+ +1\/1.* app=web,pod-template-hash=\w+\n){2}$/);
  });

  it('prints the cluster as it was', async () => {
    expect(await verb('get', log, 'pods', '--at', 'start')).toMatchObject({ code: 0, stdout: '', stderr: 'No resources found in default namespace.\n' });
    const steps = JSON.parse((await verb('travel', log, 'until deploy/web status.readyReplicas=1', '--json')).stdout) as [{ position: number }];
    const seq = steps[0].position - 1;
    expect((await verb('get', log, 'deploy/web', '--at', `#${seq}`, '-o', 'jsonpath={.status.readyReplicas}')).stdout).toBe('1');
    expect((await verb('get', log, 'deploy/web', '--at', `#${seq - 1}`, '-o', 'jsonpath={.status.readyReplicas}')).stdout).toBe('');
  });

  it('prints YAML, JSON, names, JSONPath and columns', async () => {
    expect((await verb('get', log, 'pod/big', '-o', 'yaml')).stdout).toMatch(/^apiVersion: v1\nkind: Pod\nmetadata:\n/);
    expect(JSON.parse((await verb('get', log, 'pods', '-o', 'json')).stdout)).toMatchObject({ kind: 'List', items: [{ kind: 'Pod', metadata: { name: 'big' } }, {}, {}] });
    expect((await verb('get', log, 'deploy/web', 'svc/web', '-o', 'name')).stdout).toBe('deployment.apps/web\nservice/web\n');
    expect((await verb('get', log, 'pods', '-o', 'jsonpath={range .items[?(@.status.phase=="Pending")]}{.metadata.name}{"\\n"}{end}')).stdout).toBe('big\n');
    expect((await verb('get', log, 'nodes', '-o', 'custom-columns=NODE:.metadata.name,CIDR:.spec.podCIDR', '--sort-by', '.spec.podCIDR')).stdout).toMatch(/^NODE {5}CIDR\nnode-1 {3}10\.244\.0\.0\/24\nnode-2 {3}10\.244\.1\.0\/24\n$/);
    expect((await verb('get', log, 'events', '--field-selector', 'reason=FailedScheduling', '-o', 'jsonpath={.items[0].involvedObject.name}')).stdout).toBe('big');
  });

  it.each([
    [['pods', 'none'], 1, 'Error from server (NotFound): pods "none" not found'],
    [['pood'], 2, 'the server doesn\'t have a resource type "pood"'],
    [['pods', '-o', 'xml'], 2, 'unable to match a printer suitable for the output format "xml"'],
    [['pods', '-o', 'jsonpath={.items'], 2, 'unclosed action'],
    [['pods', '-l', 'a b'], 1, 'Error from server (BadRequest)'],
    [['pods', '--at', '3 o’clock'], 2, 'a position is'],
    [['pods', '--at', '#99999999'], 2, 'there is no record #99999999: the log\'s last is #'],
    [['pods', '--at', '9h'], 0, 'note: the last record is at'],
  ])('says what is wrong with %j', async (args, code, message) => {
    const printed = await verb('get', log, ...args);
    expect(printed.code).toBe(code);
    expect(printed.stderr).toContain(message);
  });
});

describe('kubetwin why', () => {
  it('argues from the state back to the user', async () => {
    const pending = (await verb('why', log, 'pod/big')).stdout;
    expect(pending).toMatch(/^Why is Pod default\/big Pending\?\n {2}#\d+ \S+ +kube-scheduler found no node for it \(attempt 1\): 0\/2 nodes are available: 2 Insufficient memory\./);
    expect(pending).toMatch(/because the user created Pod default\/big\n.*because the user applied the run's manifests[^\n]*\n.*That came from outside: a user or another program\.\n$/);
    const endpoints = (await verb('why', log, 'svc', 'web', 'has', 'no', 'endpoints')).stdout;
    expect(endpoints).toContain('no pod in its namespace has the labels app=wbe, which it selects; the user wrote that selector');
    expect(endpoints).toMatch(/pod web-\S+ has app=web, not app=wbe/);
    const condition = (await verb('why', log, 'pod/big', 'PodScheduled')).stdout;
    expect(condition).toContain('Why is PodScheduled False of Pod default/big?');
    expect(condition).toContain('kube-scheduler wrote that');
    expect((await verb('why', log, 'deploy/web', 'spec.replicas')).stdout).toContain('the user wrote it; it was not set before');
    expect((await verb('why', log, 'pod/never')).stdout).toContain('it never existed in this run up to here');
  });

  it('names records that prove what it says', async () => {
    const { question, claims, chain, root } = JSON.parse((await verb('why', log, 'pod/big', '--json')).stdout) as { question: string; claims: { text: string; seq?: number }[]; chain: { seq: number; sentence: string }[]; root: string };
    expect(question).toBe('Why is Pod default/big Pending?');
    expect(claims[0]?.seq).toBe(chain[0]?.seq);
    expect(chain.map(({ seq }) => seq)).toEqual(chain.map(({ seq }) => seq).sort((x, y) => y - x));
    expect(root).toContain('a user');
    const told = await verb('why', log, `#${chain[0]?.seq}`);
    expect(told.stdout.split('\n')[0]).toContain(chain[0]?.sentence);
  });

  it('says what a question looks like', async () => {
    expect(await verb('why', log, 'what')).toMatchObject({ code: 2, stderr: expect.stringContaining('a question is about a record (#4711) or an object (pod/web-1, deploy web)') as string });
    expect(await verb('why', log, 'deploy/web', 'bogus')).toMatchObject({ code: 2, stderr: expect.stringContaining('has no condition "bogus" (it has Available, Progressing)') as string });
    expect(await verb('why', log, '#99999999')).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no record #99999999') as string });
  });
});

describe('kubetwin blame', () => {
  it('names the last writer, and all of them', async () => {
    expect((await verb('blame', log, 'deploy/web', 'spec.replicas')).stdout).toMatch(/^#\d+ \S+ +the user \(decided at #\d+\): nothing → 2\n$/);
    const all = JSON.parse((await verb('blame', log, 'deploy/web', 'status.readyReplicas', '--all', '--json')).stdout) as { writer: string; before: number | null; after: number }[];
    expect(all.map(({ writer, after }) => [writer, after])).toEqual([['kube-controller-manager', 2], ['kube-controller-manager', 1]]);
  });

  it('exits with 1 when nobody wrote it', async () => {
    expect(await verb('blame', log, 'deploy/web', 'spec.paused')).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody has written spec.paused') as string });
    expect(await verb('blame', log, 'web', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('blame takes an object as TYPE/NAME') as string });
  });
});

describe('kubetwin fork and diff', () => {
  it('reproduces the suffix hash for hash when nothing is changed, and names its parent', async () => {
    const { code, stdout } = await verb('fork', log, '--at', '#700', '--log', at('same.log'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ isSame: true, parent: { seq: 700 } });
    const { code: same, stdout: told } = await verb('diff', log, at('same.log'));
    expect(same).toBe(0);
    expect(told).toContain('the right log is a fork of the left one at #700');
    expect(told).toMatch(/the same run: \d+ records/);
  });

  it('goes on with another seed, a fault, a manifest, a flag, a choice, and each child replays', async () => {
    await verb('export', log, '--format', 'ndjson', '--from', '#800', '--to', '#900', '-o', at('part.ndjson'));
    const choice = JSON.parse(readFileSync(at('part.ndjson'), 'utf8').split('\n').find((line) => /"choices":\[\{/.test(line)) as string) as { seq: number; choices: [{ n: number; value: number }] };
    const changes: readonly (readonly string[])[] = [
      ['--seed', 'other'],
      ['--fault', 'crash kubelet/node-1 at 1s for 5s', '--for', '10s'],
      ['--apply', at('small.yaml'), '--for', '10s'],
      ['--delete', 'deploy/web', '--for', '10s'],
      ['--restart', 'kube-scheduler', '--set', 'explainScheduling=true', '--apply', at('small.yaml'), '--for', '5s'],
      ['--choice', `${choice.seq}.0=${choice.choices[0].value === 0 ? 1 : 0}`],
    ];
    for (const [i, change] of changes.entries()) {
      const child = at(`child-${i}.log`);
      expect(await verb('fork', log, '--at', change[0] === '--choice' ? `#${choice.seq}` : '2s', ...change, '--log', child)).toMatchObject({ code: 0 });
      expect(await verb('replay', child)).toMatchObject({ code: 0, stdout: expect.stringMatching(/every one the same/) as string });
      expect((await verb('diff', log, child)).code).toBe(1);
    }
    expect((await verb('get', at('child-2.log'), 'pod/small', '-o', 'jsonpath={.status.phase}')).stdout).toBe('Running');
    expect((await verb('get', at('child-3.log'), 'pods', '-l', 'app=web')).stdout).toBe('');
    const { choice: differs } = JSON.parse((await verb('diff', log, at('child-5.log'), '--json')).stdout) as { choice: { seq: number; index: number } };
    expect(differs).toMatchObject({ seq: choice.seq, index: 0 });
  });

  it('reports a change that reaches further back than the position', async () => {
    expect(await verb('fork', log, '--at', '2s', '--set', 'timing=zero')).toMatchObject({ code: 3, stderr: expect.stringContaining('the change reaches further back than the position of the fork') as string });
  });

  it.each([
    [['--at', '2s', '--fault', 'burn it'], 'a fault is crash, restart, pause'],
    [['--at', '2s', '--fault', 'crash nobody'], 'there is no actor nobody'],
    [['--at', '2s', '--set', 'color=red'], 'the configuration has no "color"'],
    [['--at', '2s', '--delete', 'pod/none'], 'there is no pod/none at the position'],
    [['--at', '2s', '--choice', 'x'], '--choice takes RECORD.INDEX=VALUE'],
    [['--at', '2s', '--inputs', 'some'], '--inputs must be keep or drop'],
    [['--seed', '2'], "required option '--at <position>'"],
  ])('says what is wrong with %j', async (args, message) => {
    expect(await verb('fork', log, ...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) as string });
  });

  it('tells where two seeds part and how their outcomes differ', async () => {
    await verb('run', at('small.yaml'), '--nodes', '2', '--for', '20s', '--seed', '2', '--log', at('two.log'));
    const { code, stdout } = await verb('diff', log, at('two.log'));
    expect(code).toBe(1);
    expect(stdout).toMatch(/first different choice: #\d+\.\d+[\s\S]*first different record: #\d+[\s\S]*first different state: after #\d+, at \/[\s\S]*at the end:\n/);
    expect(stdout).toContain('only in the right: Pod default/small');
    expect(stdout).toContain('warnings "FailedScheduling": 1 and 0');
  });
});

describe('kubetwin travel', () => {
  it('steps, runs until, breaks and goes back', async () => {
    const { code, stdout } = await verb('travel', log, 'until pod/big PodScheduled=False', 'back 2', 'step 2', 'watch-back pod/big spec', 'continue actor=container-runtime/* fact=container', 'reverse fact=scheduler.decision', '--json');
    expect(code).toBe(0);
    const stops = JSON.parse(stdout) as { position: number; record: { seq: number; actor: string; facts: { kind: string }[] } }[];
    expect(stops[1]?.position).toBe((stops[0]?.position ?? 0) - 2);
    expect(stops[2]?.position).toBe(stops[0]?.position);
    expect(stops[3]?.record.facts[0]?.kind).toBe('etcd.put');
    expect(stops[4]?.record.actor).toMatch(/^container-runtime\//);
    expect(stops[5]?.record.facts.map(({ kind }) => kind)).toContain('scheduler.decision');
  });

  it('exits with 1 when nothing is found, and says what commands there are', async () => {
    expect(await verb('travel', log, 'until pod/none exists')).toMatchObject({ code: 1, stdout: expect.stringContaining('nothing found; now at the end') as string });
    expect(await verb('travel', log, 'fly')).toMatchObject({ code: 2, stderr: expect.stringContaining('there are step [N], back [N]') as string });
    expect(await verb('travel', log, 'until big')).toMatchObject({ code: 2, stderr: expect.stringContaining('a claim is OBJECT FIELD=VALUE') as string });
  });
});

describe('kubetwin explain point-of-no-return', () => {
  it('finds the decision that put a pod on its node', async () => {
    await verb('run', at('small.yaml'), '--nodes', '2', '--timing', 'fast', '--for', '2s', '--log', at('point.log'));
    const { stdout: node } = await verb('get', at('point.log'), 'pod/small', '-o', 'jsonpath={.spec.nodeName}');
    const decision = JSON.parse((await verb('travel', at('point.log'), 'continue fact=scheduler.decision', '--json')).stdout) as [{ record: { seq: number } }];
    const { code, stdout } = await verb('explain', 'point-of-no-return', at('point.log'), '--failure', `pod/small spec.nodeName=${node}`, '--rewinds', '3', '--continuations', '16', '--rounds', '1', '--seed', 'a', '--json');
    const point = JSON.parse(stdout) as { from: number; to: number; before: number; after: number };
    expect(code).toBe(0);
    expect(point.after).toBe(1);
    expect(point.before).toBeLessThan(1);
    expect(point.from).toBeLessThanOrEqual(decision[0].record.seq);
    expect(point.to).toBeGreaterThan(decision[0].record.seq);
  });

  it('says what a failure is', async () => {
    expect(await verb('explain', 'point-of-no-return', log)).toMatchObject({ code: 2, stderr: expect.stringContaining("say what the failure is: --failure") as string });
    expect(await verb('explain', 'point-of-no-return', log, '--failure', 'pod/big Ready')).toMatchObject({ code: 2, stderr: expect.stringContaining('the run does not end in that failure') as string });
    expect(await verb('explain', 'point-of-no-return', log, '--failure', '! pod/big Ready', '--rewinds', '1')).toMatchObject({ code: 2, stderr: expect.stringContaining('--rewinds must be a whole number from 2 on') as string });
  });
});

describe('kubetwin view', () => {
  it('prints one screen on demand, and says that it needs a terminal', async () => {
    expect((await verb('view', log, '--at', '10s', '--once')).stdout).toMatch(/NAME +STATUS[\s\S]*default +big +0\/1 +Pending[\s\S]*RECORDS\n[\s\S]*WHY\n/);
    expect(await verb('view', log)).toMatchObject({ code: 2, stderr: expect.stringContaining('view needs a terminal; in a script use') as string });
  });
});

describe('kubetwin export', () => {
  it('draws the chain of a record, and writes traces and lines to files', async () => {
    const { chain } = JSON.parse((await verb('why', log, 'pod/big', '--json')).stdout) as { chain: [{ seq: number }] };
    await verb('export', log, '--format', 'mermaid', '--causes-of', `#${chain[0].seq}`, '-o', at('chain.mmd'));
    expect(readFileSync(at('chain.mmd'), 'utf8')).toMatch(/^sequenceDiagram\n[\s\S]*kubectl[\s\S]*->>/);
    await verb('export', log, '--format', 'trace', '-o', at('trace.json'));
    expect((JSON.parse(readFileSync(at('trace.json'), 'utf8')) as { traceEvents: unknown[] }).traceEvents.length).toBeGreaterThan(1000);
    await verb('export', log, '--format', 'ndjson', '--actor', 'etcd', '--to', '#600', '-o', at('etcd.ndjson'));
    const lines = readFileSync(at('etcd.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { actor?: string; header?: object });
    expect(lines[0]?.header).toBeDefined();
    expect(new Set(lines.slice(1).map(({ actor }) => actor))).toEqual(new Set(['etcd']));
  });

  it('says which formats there are', async () => {
    expect(await verb('export', log, '--format', 'pdf')).toMatchObject({ code: 2, stderr: expect.stringContaining('--format must be one of mermaid, svg, trace, ndjson') as string });
  });
});

it('a log of another model, or of inputs only, is no place to look at objects', async () => {
  await verb('run', at('small.yaml'), '--nodes', '1', '--level', 'inputs', '--log', at('inputs.log'));
  expect(await verb('get', at('inputs.log'), 'pods')).toMatchObject({ code: 2, stderr: expect.stringContaining('the log keeps inputs only') as string });
  expect(await verb('fork', at('inputs.log'), '--at', 'end', '--level', 'facts', '--log', at('facts.log'))).toMatchObject({ code: 0 });
  expect((await verb('get', at('facts.log'), 'pods', '-o', 'name')).stdout).toBe('pod/small\n');
});
