/**
 * Every kind of fault of the cluster: it shows in the log by name, ends when it is to, and a correct cluster gets over it.
 */
import { describe, expect, it } from 'vitest';
import { kubernetesCampaign } from '../../models/kubernetes/campaign/campaign.ts';
import { FAULT_KINDS } from '../../models/kubernetes/fault/vocabulary.ts';
import { faultNote } from '../../src/fault/budget.ts';
import type { Fault } from '../../src/fault/plan.ts';
import type { Plan } from '../../src/campaign/model.ts';
import { runPlan, type RunResult } from '../../src/campaign/run.ts';
import type { LogRecord } from '../../src/log/record.ts';
import { matches } from '../../src/fault/plan.ts';

const SECOND = 1_000_000;
const model = kubernetesCampaign();

const deployment = (replicas: number): unknown => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 2, containers: [{ name: 'web', image: 'registry.k8s.io/pause:3.10' }] } } },
});

/** A rollout of a Deployment, and one fault in the middle of it. */
function plan(fault: Fault): Plan {
  const workload = [{ at: SECOND, do: 'apply', object: deployment(2) }, { at: 3 * SECOND, do: 'apply', object: deployment(3) }] as unknown as Plan['workload'];
  return { seed: fault.name, schedule: 'time', window: 0, config: { nodes: 2, apiServers: 2, controllerManagers: 1 }, workload, faults: { faults: [fault], healAt: 12 * SECOND }, calm: [] };
}

function run(fault: Fault): { readonly result: RunResult; readonly records: readonly LogRecord[] } {
  const records: LogRecord[] = [];
  const result = runPlan(model, plan(fault), { onRecord: (record) => records.push(record) });
  return { result, records };
}

describe('faults of the cluster', () => {
  it.each(FAULT_KINDS.map((kind) => [kind.name, kind] as const))('%s shows by name, ends, and is survived', (name, kind) => {
    const { result, records } = run({ name: `one-${name}`, kind: 'model', action: name, start: { at: 2 * SECOND }, ...(kind.lasts ? { for: 4 * SECOND } : {}) });
    expect(result.failure).toBeUndefined();
    const notes = records.flatMap((record) => (faultNote(record) === undefined ? [] : [{ ...faultNote(record), time: record.time }]));
    expect(notes[0]).toMatchObject({ fault: `one-${name}`, kind: name, phase: 'begin', time: 2 * SECOND });
    if (notes.length > 1) expect(notes[1]).toMatchObject({ phase: 'end', time: 6 * SECOND });
  }, 30_000);

  it('lets one API server see nothing of the store while the other one does', () => {
    const { records } = run({ name: 'lag', kind: 'model', action: 'lagging-cache', args: { server: 'kube-apiserver-2' }, start: { at: 2 * SECOND }, for: 4 * SECOND });
    const seen = (server: string): number => records.filter(({ actor, kind, time }) => actor === server && kind === 'etcd.events' && time > 2.1 * SECOND && time < 5.9 * SECOND).length;
    expect(seen('kube-apiserver-1')).toBeGreaterThan(5);
    expect(seen('kube-apiserver-2')).toBe(0);
  });

  it('crashes a client after its second write is answered and before it knows', () => {
    const { records } = run({ name: 'between', kind: 'model', action: 'crash-between-writes', args: { client: 'kube-controller-manager', nth: 2 }, start: { at: SECOND }, for: 5 * SECOND });
    const crash = records.find(({ kind, via }) => via === 'control' && kind === 'crash');
    expect(crash).toMatchObject({ actor: 'kube-controller-manager', message: { reason: 'crash-between-writes' } });
    const written = records.filter(({ seq, facts }) => seq < (crash?.seq ?? 0) && facts.some(({ kind, data }) => kind === 'etcd.put' && matches('*/default/web*', (data as unknown as { key: string }).key)));
    expect(written.length).toBeGreaterThanOrEqual(2);
  });
});
