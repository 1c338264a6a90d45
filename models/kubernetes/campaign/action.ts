/**
 * What users do in a campaign, as plain data with a time.
 *
 * An action says all that is needed to do it again: shrinking leaves actions out and makes their numbers smaller.
 */
import fc from 'fast-check';
import type { Json, Kernel, Message } from '../../../src/index.ts';
import type { KubectlCommand } from '../cluster/kubectl.ts';
import type { KubeObject } from '../object/types.ts';
import type { WorkloadKind } from './kind.ts';

/** A user's action; `at` is µs after the run's start. */
export type Action =
  | { readonly at: number; readonly do: 'apply' | 'patch' | 'delete'; readonly object: KubeObject }
  | { readonly at: number; readonly do: 'cordon' | 'uncordon'; readonly node: number };

/** Names are few, so that actions meet: a Service and a Deployment of one name belong together. */
const NAMES = ['a', 'b'] as const;

/** Actions on workloads of these kinds, in the order of time, within `horizon` µs. */
export function actions(kinds: readonly WorkloadKind[], options: { readonly horizon: number; readonly most: number; readonly nodes: number }): fc.Arbitrary<readonly Action[]> {
  const { horizon, most, nodes } = options;
  const at = fc.integer({ min: 0, max: Math.floor(horizon / 100_000) }).map((tenths) => tenths * 100_000);
  const on = (kind: WorkloadKind): fc.Arbitrary<Action> =>
    fc.constantFrom(...NAMES).chain((name) => {
      const apply = fc.record({ at, do: fc.constant('apply' as const), object: kind.manifest(name) });
      const gone = fc.record({ at, do: fc.constant('delete' as const), object: kind.manifest(name).map(identityOf) });
      const changes = kind.patch === undefined ? [] : [{ weight: 3, arbitrary: fc.tuple(at, kind.patch, kind.manifest(name)).map(([time, patch, object]): Action => ({ at: time, do: 'patch', object: { ...identityOf(object), ...patch } })) }];
      return fc.oneof({ weight: 5, arbitrary: apply }, { weight: 1, arbitrary: gone }, ...changes) as fc.Arbitrary<Action>;
    });
  const onNode: fc.Arbitrary<Action> = fc.record({ at, do: fc.constantFrom('cordon' as const, 'uncordon' as const), node: fc.integer({ min: 1, max: nodes }) });
  const one = fc.oneof(...kinds.map((kind) => ({ weight: 4 * (kind.weight ?? 1), arbitrary: on(kind) })), { weight: 1, arbitrary: onNode });
  return fc.array(one, { minLength: 1, maxLength: most, size: 'max' }).map((list) => list.toSorted((x, y) => x.at - y.at));
}

function identityOf({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  return { apiVersion, kind, metadata };
}

/** Schedules the actions of a plan: the user gets them as commands that the plan makes again in a replay. */
export function schedule(kernel: Kernel, workload: readonly Json[]): void {
  for (const entry of workload as unknown as readonly Action[]) {
    const command = commandOf(entry);
    kernel.input('kubectl', { kind: 'kubectl', ...command } as KubectlCommand as Message, entry.at, false);
  }
}

function commandOf(action: Action): Omit<KubectlCommand, 'kind'> {
  if ('object' in action) return { action: action.do, object: action.object };
  const metadata = { name: `node-${action.node}` } as KubeObject['metadata'];
  return { action: 'patch', object: { apiVersion: 'v1', kind: 'Node', metadata, spec: { unschedulable: action.do === 'cordon' ? true : null } } };
}
