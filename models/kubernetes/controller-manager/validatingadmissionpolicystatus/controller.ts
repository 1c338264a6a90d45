/**
 * Validating admission policy status: says that a policy's expressions were checked against the types that they speak of.
 *
 * Liveness: status.observedGeneration catches up with each policy's generation. Expressions are compiled when the policy is admitted; here no types
 * are inferred, so there are never warnings. Source: pkg/controller/validatingadmissionpolicystatus/controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { VALIDATING_ADMISSION_POLICIES } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';

/** controller.go: ControllerName, also the field manager. */
const NAME = 'validatingadmissionpolicy-status';

export class ValidatingAdmissionPolicyStatusController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly policies: SharedInformer<KubeObject>;

  constructor(context: ControllerContext) {
    this.client = context.client(`${NAME}-controller`);
    this.policies = context.factory.informer(VALIDATING_ADMISSION_POLICIES);
    this.loop = context.loop({ name: `${NAME}-controller`, workers: 5, client: this.client, sync: (name) => this.sync(name) }, [this.policies]);
    const enqueue = ({ metadata }: KubeObject): void => this.loop.queue.add(metadata.name);
    this.policies.addEventHandler({ add: enqueue, update: (_old, policy) => enqueue(policy) });
  }

  private *sync(name: string): Task<Err> {
    const policy = this.policies.lister.get(undefined, name);
    const generation = policy?.metadata.generation ?? 0;
    if (policy === undefined || generation <= ((policy['status']?.observedGeneration as number | undefined) ?? 0)) return undefined;
    const body = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name }, status: { observedGeneration: generation, typeChecking: {} } };
    const target = { subresource: 'status', query: { fieldManager: NAME, force: 'true' } };
    return failureOf(yield* this.client.patch(VALIDATING_ADMISSION_POLICIES, undefined, name, 'application/apply-patch+yaml', body, target));
  }
}
