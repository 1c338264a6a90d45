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

/** Names of applications: what has one name belongs together, as a Deployment and the Service in front of its pods. */
const NAMES = ['a', 'b'] as const;

/** How long after it was applied an object is changed, at most, µs. */
const LIFE = 10_000_000;

/**
 * Actions on workloads of these kinds, in the order of time, within `horizon` µs. Objects have lives: they are applied, changed,
 * perhaps deleted, perhaps applied again; so nearly every action meets something.
 */
export function actions(kinds: readonly WorkloadKind[], options: { readonly horizon: number; readonly most: number; readonly nodes: number }): fc.Arbitrary<readonly Action[]> {
  const { horizon, most, nodes } = options;
  const time = (end: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: Math.floor(end / 100_000) }).map((tenths) => tenths * 100_000);
  const onNode: fc.Arbitrary<readonly Action[]> = fc.record({ at: time(horizon), do: fc.constantFrom('cordon' as const, 'uncordon' as const), node: fc.integer({ min: 1, max: nodes }) }).map((action) => [action]);
  const lives = kinds.map((kind) => ({ weight: 4 * (kind.weight ?? 1), arbitrary: fc.constantFrom(...NAMES).chain((name) => life(kind, name, time)) }));
  return fc
    .array(fc.oneof(...lives, { weight: 2, arbitrary: onNode }), { minLength: 1, maxLength: most, size: 'max' })
    .map((list) => livedOnce(list.flat().filter(({ at }) => at <= horizon).toSorted((x, y) => x.at - y.at), kinds).slice(0, most));
}

/** Leaves out what would give a name that is gone to another object of a kind that lives once. */
function livedOnce(list: readonly Action[], kinds: readonly WorkloadKind[]): readonly Action[] {
  const once = new Set(kinds.filter(({ livesOnce }) => livesOnce === true).map(({ name }) => name));
  const gone = new Set<string>();
  return list.filter((action) => {
    if (!('object' in action) || !once.has(action.object.kind)) return true;
    const name = `${action.object.kind} ${action.object.metadata.name}`;
    if (action.do === 'delete') gone.add(name);
    return action.do !== 'apply' || !gone.has(name);
  });
}

/** What becomes of one object: when it is applied, and up to three changes after that. */
function life(kind: WorkloadKind, name: string, time: (end: number) => fc.Arbitrary<number>): fc.Arbitrary<readonly Action[]> {
  const change = fc.record({
    after: time(LIFE),
    what: fc.oneof({ weight: 3, arbitrary: fc.constant('patch' as const) }, { weight: 1, arbitrary: fc.constant('delete' as const) }, { weight: 1, arbitrary: fc.constant('apply' as const) }),
    patch: kind.patch ?? fc.constant(undefined),
    object: kind.manifest(name),
  });
  return fc.record({ at: time(LIFE), object: kind.manifest(name), changes: fc.array(change, { maxLength: 3, size: 'max' }) }).map(({ at, object, changes }) => {
    let now = at;
    const later = changes.map(({ after, what, patch, object: next }): Action => {
      now += after;
      if (what === 'patch' && patch !== undefined) return { at: now, do: 'patch', object: { ...identityOf(object), ...patch } };
      return what === 'apply' ? { at: now, do: 'apply', object: next } : { at: now, do: 'delete', object: identityOf(object) };
    });
    return [{ at, do: 'apply' as const, object }, ...later];
  });
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
