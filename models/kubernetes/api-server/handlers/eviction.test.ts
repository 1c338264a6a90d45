import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiResponse } from '../../api/message.ts';
import { ApiBench } from '../../cluster/testing/api-bench.ts';
import type { Pod } from '../../object/types.ts';

const DEFAULT = { namespace: 'default' };
const PDBS = 'policy/v1/poddisruptionbudgets';

describe('an eviction', () => {
  let bench: ApiBench;
  const evict = (name: string, deleteOptions?: object): ApiResponse =>
    bench.send('create', `/v1/pods/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'default' }, ...(deleteOptions ? { deleteOptions } : {}) }, DEFAULT);
  /** A pod that stays when it is deleted, so that one can look at it. */
  const pod = (name: string, status?: object): Pod => {
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'a' }, finalizers: ['example.com/held'] }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    const made = bench.send('create', '/v1/pods', body, DEFAULT).body as Pod;
    return status === undefined ? made : (bench.send('update', `/v1/pods/${name}/status`, { ...made, status }, DEFAULT).body as Pod);
  };
  const budget = (name: string, status: object): void => {
    const made = bench.send('create', PDBS, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } } }, DEFAULT).body as object;
    bench.send('update', `${PDBS}/${name}/status`, { ...made, status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, ...status } }, DEFAULT);
  };
  const find = (name: string): Pod => bench.send('get', `/v1/pods/${name}`, undefined, DEFAULT).body as Pod;
  const targetOf = ({ status }: Pod): object | undefined => status.conditions?.find(({ type }) => type === 'DisruptionTarget');
  beforeEach(() => {
    bench = new ApiBench();
    bench.send('create', '/v1/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }, DEFAULT);
  });

  it('is refused where two budgets guard the pod, with a status without reason', () => {
    pod('a', { phase: 'Running' });
    budget('one', { disruptionsAllowed: 1 });
    budget('two', { disruptionsAllowed: 1 });
    const answer = evict('a');
    expect(answer.code).toBe(500);
    expect(answer.body).toMatchObject({ status: 'Failure', message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.', code: 500 });
    expect((answer.body as { reason?: string }).reason ?? '').toBe('');
    expect(find('a').metadata.deletionTimestamp).toBeUndefined();
  });

  it.each([['waits', undefined], ['has failed', { phase: 'Failed' }], ['is not ready', { phase: 'Running' }]])('marks a pod that %s, whom no budget guards', (_state, status) => {
    pod('a', status);
    budget('one', {});
    expect(evict('a').code).toBe(201);
    const left = find('a');
    expect(left.metadata.deletionTimestamp).toBeDefined();
    expect(targetOf(left)).toMatchObject({ status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' });
  });

  it('leaves a pod unmarked that is not the one that was meant', () => {
    pod('a', { phase: 'Running' });
    const answer = evict('a', { preconditions: { uid: 'other' } });
    expect(answer.code).toBe(409);
    expect((answer.body as { message: string }).message).toMatch(/^Operation cannot be fulfilled on Pod "a": the UID in the precondition \(other\) does not match/);
    expect(targetOf(find('a'))).toBeUndefined();
  });
});
