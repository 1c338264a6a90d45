import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CLUSTER_ROLES } from '../../client/resources.ts';
import type { KubeObject } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const role = (name: string, labels: object, rest: object) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name, labels }, ...rest });

describe('ClusterRole aggregation', () => {
  it('unites the rules of the matching roles, by name, each once', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(CLUSTER_ROLES, undefined, role('all', {}, { rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] } }));
      yield* client.create(CLUSTER_ROLES, undefined, role('b', { part: 'yes' }, { rules: [rule('pods'), rule('nodes')] }));
      yield* client.create(CLUSTER_ROLES, undefined, role('a', { part: 'yes' }, { rules: [rule('secrets'), rule('pods')] }));
      yield* client.create(CLUSTER_ROLES, undefined, role('c', {}, { rules: [rule('events')] }));
      yield* sleep(10);
      yield* client.delete(CLUSTER_ROLES, undefined, 'a');
    });
    const rules = (): unknown => plane.list<KubeObject>('clusterroles').find(({ metadata }) => metadata.name === 'all')?.['rules'];
    plane.run(5);
    expect(rules()).toEqual([rule('secrets'), rule('pods'), rule('nodes')]);
    plane.run(20);
    expect(rules()).toEqual([rule('pods'), rule('nodes')]);
  });
});
