import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { VALIDATING_ADMISSION_POLICIES } from '../../client/resources.ts';
import type { KubeObject } from '../../object/types.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'small' },
  spec: { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] }, validations: [{ expression: 'object.spec.replicas <= 5' }] },
};

describe('status of validating admission policies', () => {
  it('follows each generation of a policy, and nothing else', () => {
    const seen: unknown[] = [];
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      const look = function* (): Task {
        yield* sleep(5);
        const found = yield* client.get<KubeObject>(VALIDATING_ADMISSION_POLICIES, undefined, 'small');
        if (found.ok) seen.push([found.object.metadata.generation, found.object['status'], found.object.metadata['managedFields']?.map(({ manager, subresource }: any) => `${manager} ${subresource ?? ''}`.trim()).includes('validatingadmissionpolicy-status status')]);
      };
      yield* client.create(VALIDATING_ADMISSION_POLICIES, undefined, policy);
      yield* look();
      yield* client.patch(VALIDATING_ADMISSION_POLICIES, undefined, 'small', 'application/merge-patch+json', { metadata: { labels: { a: 'b' } } });
      yield* look();
      yield* client.patch(VALIDATING_ADMISSION_POLICIES, undefined, 'small', 'application/merge-patch+json', { spec: { failurePolicy: 'Ignore' } });
      yield* look();
    }, { manager: { controllers: ['validatingadmissionpolicy-status-controller'] } });
    plane.run(20);
    const status = (observedGeneration: number): object => ({ observedGeneration, typeChecking: {} });
    expect(seen).toEqual([[1, status(1), true], [1, status(1), true], [2, status(2), true]]);
  });
});
