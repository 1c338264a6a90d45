/**
 * The verbs that look into a log, on a log that `kubetwin check` wrote: the cluster is made again from the campaign's name and the plan,
 * and what was in its store before the run began is there.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../models/kubernetes/campaign/campaign.ts';
import type { Plan } from '../../src/campaign/model.ts';
import { verb } from './in-process.ts';
import { folder, kubetwin } from './kubetwin.ts';

const PLAN: Plan = {
  ...kubernetesCampaign().plan('looked into'),
  schedule: 'urw',
  config: { nodes: 2, apiServers: 1, controllerManagers: 1 },
  workload: [
    {
      at: 1_000_000,
      do: 'apply',
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web', namespace: 'default' },
        spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } } },
      },
    },
  ],
  faults: { faults: [{ name: 'blackout', kind: 'crash', start: { at: 8_000_000 }, for: 2_000_000, target: 'kube-scheduler' }], healAt: 20_000_000 },
};

let log = '';
let place = '';

beforeAll(async () => {
  place = folder();
  log = join(place, 'check.log');
  const plan = join(place, 'plan.json');
  writeFileSync(plan, JSON.stringify({ kubetwin: 'plan', version: 1, model: 'kubernetes', parameters: {}, property: '', message: '', plan: PLAN }));
  expect(await verb('check', '--plan', plan, '--log', log)).toMatchObject({ code: 0 });
});

const podName = async (): Promise<string> => (await verb('get', log, 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')).stdout;

describe('a log that check wrote', () => {
  it('shows what was there before the run began, and what the run added', async () => {
    expect((await verb('get', log, 'nodes', '--at', 'start', '--no-headers')).stdout).toMatch(/^node-1 +Ready.*\nnode-2 +Ready.*\n$/);
    expect((await verb('get', log, 'deploy/web', '-o', 'jsonpath={.status.readyReplicas}')).stdout).toBe('2');
    expect((await verb('view', log, '--once')).stdout).toContain('node-2');
  });

  it('answers why with causes back to the plan', async () => {
    const { stdout } = await verb('why', log, `pod/${await podName()}`);
    expect(stdout).toMatch(/because kube-scheduler chose that node/);
    expect(stdout).toMatch(/because the user created Deployment default\/web\n.*the user gave the next command of the plan\n +That came from the run's plan\./);
    const crash = JSON.parse((await verb('travel', log, 'continue kind=crash', '--json')).stdout) as [{ record: { seq: number } }];
    expect((await verb('why', log, `#${crash[0].record.seq}`)).stdout).toMatch(/^#\d+ 8\.000000s +kube-scheduler crashed \(blackout\)\n +That was a fault of the plan\.\n$/);
    expect(await verb('why', log, `pod/${await podName()}`, '--scores')).toMatchObject({ code: 0, stdout: expect.stringMatching(/total \d+/) });
  });

  it('blames, and says when something is older than the run', async () => {
    expect((await verb('blame', log, 'deploy/web', 'spec.replicas')).stdout).toMatch(/the user .*: nothing → 2\n$/);
    expect(await verb('blame', log, 'node/node-1', 'metadata.name')).toMatchObject({ code: 1, stderr: 'metadata.name of Node node-1 has been so since before the run began\n' });
    expect(await verb('blame', log, 'node/node-9', 'metadata.name')).toMatchObject({ code: 1, stderr: 'Node node-9 was never there up to that moment\n' });
  });

  it('is executed again: logs, and forks that are the same when nothing was changed', async () => {
    expect(await verb('logs', log, await podName())).toMatchObject({ code: 0 });
    const same = join(place, 'same.log');
    expect((await verb('fork', log, '--at', '5s', '--log', same)).stdout).toContain('the child is its parent hash for hash');
    expect(await verb('diff', log, same)).toMatchObject({ code: 0, stdout: expect.stringContaining('the right log is a fork of the left one') });
    expect((await verb('get', same, 'nodes', '--at', 'start', '-o', 'name')).stdout).toBe('node/node-1\nnode/node-2\n');
  });
});

describe('a log that check wrote of another model', () => {
  let failing = '';

  beforeAll(async () => {
    const found = join(place, 'found');
    expect(kubetwin(['check', '--model', 'two-phase-commit-hasty', '--runs', '60', '--no-store', '--no-shrink', '--out', found])).toMatchObject({ code: 1 });
    const [name = ''] = readdirSync(found).filter((file) => file.endsWith('.log'));
    failing = join(found, name);
  });

  it('tells the causes of a record, and refuses questions about objects', async () => {
    expect((await verb('why', failing, '#3')).stdout).toMatch(/^#3 [\s\S]*That is how the run began\.\n$/);
    expect(await verb('why', failing, 'pod/web')).toMatchObject({ code: 2, stderr: expect.stringContaining('the log is of the model "check:two-phase-commit-hasty"') });
  });

  it('says from when on the property was going to be violated', async () => {
    const { code, stdout } = await verb('explain', 'point-of-no-return', failing, '--json');
    const { before, after } = JSON.parse(stdout) as { before: number; after: number };
    expect({ code, after }).toEqual({ code: 0, after: 1 });
    expect(before).toBeLessThan(1);
    expect(await verb('explain', 'point-of-no-return', log)).toMatchObject({ code: 2, stderr: expect.stringContaining('its run violates nothing') });
  });
});
