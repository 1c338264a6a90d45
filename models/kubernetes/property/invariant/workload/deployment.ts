/**
 * Laws of Deployments: one ReplicaSet for a template, revisions that grow, surge and unavailability as promised.
 *
 * Sums of what a Deployment allowed are taken over everything it ever asked for: a controller acts on what it last read.
 */
import { templateHash } from '../../../object/template-hash.ts';
import type { Deployment, Pod, ReplicaSet } from '../../../object/types.ts';
import type { Invariant } from '../../invariant.ts';
import { controlledBy, controllerIn, isTerminal, isTerminating, ownedBy, place } from './owner.ts';

const REVISION = 'deployment.kubernetes.io/revision';
const HASH = 'pod-template-hash';
const RESOURCES = ['deployments', 'replicasets'];
/** How long what a controller read may be old, µs. */
const LAG = 5_000_000;

/** What one Deployment has asked for until now. */
interface Asked {
  readonly templates: Set<string>;
  readonly strategies: Set<string>;
  /** The most replicas with their surge. */
  most: number;
  /** The fewest replicas, and the most that may be unavailable. */
  fewest: number;
  unavailable: number;
}

type Memory = Map<string, Asked>;

const specOf = (set: ReplicaSet | undefined): number => set?.spec.replicas ?? 0;

type Template = ReplicaSet['spec']['template'];

/** Every law asks for the print of each version of a Deployment, and most versions share their template. */
const prints = new WeakMap<object, string>();

function print(template: Template = {}): string {
  let print = prints.get(template);
  if (print === undefined) prints.set(template, (print = printed(template)));
  return print;
}

function printed(template: NonNullable<Template>): string {
  const { [HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  return templateHash({ ...template, metadata: { ...template.metadata, labels } }, undefined);
}

/** Percentages round as upstream's: surge up, unavailability down. */
function share(value: number | string | undefined, of: number, round: (exact: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseInt(value ?? '25%', 10) * of) / 100);
}

function ask(memory: Memory, { metadata, spec }: Deployment): void {
  const { uid } = metadata;
  const replicas = spec.replicas ?? 1;
  const asked = memory.get(uid) ?? { templates: new Set(), strategies: new Set(), most: 0, fewest: replicas, unavailable: 0 };
  memory.set(uid, asked);
  const { type = 'RollingUpdate', rollingUpdate } = spec.strategy ?? {};
  const surge = type === 'Recreate' ? 0 : share(rollingUpdate?.maxSurge as string | number | undefined, replicas, Math.ceil);
  const unavailable = share(rollingUpdate?.maxUnavailable as string | number | undefined, replicas, Math.floor);
  asked.templates.add(print(spec.template as Template));
  asked.strategies.add(type);
  asked.most = Math.max(asked.most, replicas + surge);
  asked.fewest = Math.min(asked.fewest, replicas);
  asked.unavailable = Math.max(asked.unavailable, surge === 0 && unavailable === 0 ? 1 : unavailable);
}

/** A law over the ReplicaSets of Deployments; `judge` hears of each put and delete of one. */
function law(name: string, judge: (set: ReplicaSet, previous: ReplicaSet | undefined, asked: Asked, siblings: readonly ReplicaSet[], owner: Deployment | undefined, isDelete: boolean) => string | false | void): Invariant<Memory> {
  return {
    name,
    resources: RESOURCES,
    state: () => new Map(),
    check: ({ resource, object, previous, isDelete }, objects, memory) => {
      if (resource === 'deployments') {
        ask(memory, object as Deployment);
        return false;
      }
      const reference = controlledBy(object, 'Deployment');
      const asked = reference === undefined ? undefined : memory.get(reference.uid);
      if (reference === undefined || asked === undefined) return false;
      const siblings = ownedBy<ReplicaSet>(objects, 'replicasets', reference.uid).filter(({ metadata }) => metadata.uid !== object.metadata.uid);
      const owner = controllerIn<Deployment>(objects, 'deployments', object, 'Deployment');
      return judge(object as ReplicaSet, previous as ReplicaSet | undefined, asked, siblings, owner, isDelete);
    },
  };
}

/**
 * Neither scaling nor pausing makes a ReplicaSet, and no template gets two: the second would have the name of the first. A collision of
 * hashes changes that name (deployment/sync.go, `getNewReplicaSet`), so after one upstream promises it no more.
 */
export const oneSetPerTemplate = law('a ReplicaSet is made for a template of its Deployment, once', (set, previous, asked, siblings, owner, isDelete) => {
  if (isDelete || previous !== undefined || (owner?.status?.collisionCount ?? 0) > 0) return false;
  const own = print(set.spec.template as ReplicaSet['spec']['template']);
  if (!asked.templates.has(own)) return `${place(set)} has a template that its Deployment never had`;
  const twin = siblings.find((other) => print(other.spec.template as ReplicaSet['spec']['template']) === own);
  return twin === undefined ? undefined : `${place(set)} has the template that ${twin.metadata.name} has`;
});

const revisionOf = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.[REVISION] ?? 0);

/** A revision is only ever raised. */
export const revisionsGrow = law('the revision of a ReplicaSet never falls', (set, previous, _asked, _siblings, _owner, isDelete) => {
  if (isDelete || previous === undefined) return false;
  return revisionOf(set) >= revisionOf(previous) ? undefined : `${place(set)} had revision ${revisionOf(previous)} and has ${revisionOf(set)}`;
});

/** With fresh caches no two ReplicaSets have one revision. */
export const revisionsDiffer = law('no two ReplicaSets of a Deployment have the same revision', (set, previous, _asked, siblings, _owner, isDelete) => {
  if (isDelete || revisionOf(set) === 0 || (previous !== undefined && revisionOf(previous) === revisionOf(set))) return false;
  const twin = siblings.find((other) => revisionOf(other) === revisionOf(set));
  return twin === undefined ? undefined : `${place(set)} has revision ${revisionOf(set)}, which ${twin.metadata.name} has`;
});

/** Growing, a Deployment never asks for more than its replicas and their surge. */
export const surgeKept = law('a rollout asks for no more than replicas and surge', (set, previous, asked, siblings, _owner, isDelete) => {
  if (isDelete || specOf(set) <= specOf(previous)) return false;
  const total = siblings.reduce((sum, other) => sum + specOf(other), specOf(set));
  return total <= asked.most ? undefined : `${place(set)} was scaled from ${specOf(previous)} to ${specOf(set)}: all together ask for ${total}, ${asked.most} are allowed`;
});

/** Old ReplicaSets are only deleted when they are empty. */
export const historyEmpty = law('a ReplicaSet that is cleaned up has no pods', (set, _previous, _asked, _siblings, owner, isDelete) => {
  if (!isDelete || owner === undefined || isTerminating(owner)) return false;
  if (specOf(set) > 0 || (set.status?.replicas ?? 0) > 0) return `${place(set)} was deleted with ${specOf(set)} replicas, ${set.status?.replicas ?? 0} of them there`;
  return undefined;
});

const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const available = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;

/** Scaling in proportion does not ask what is available (deployment/sync.go, `scale`); it says so in an annotation. */
const isScaled = (set: ReplicaSet, previous: ReplicaSet | undefined): boolean => set.metadata.annotations?.[DESIRED] !== previous?.metadata.annotations?.[DESIRED];

/**
 * Where nothing fails by itself a rolling step never takes more available pods than it may. Pods count as statuses tell: those of a
 * ReplicaSet that has just become smaller still tell of all (deployment/rolling.go, `scaleDownOldReplicaSetsForRollingUpdate`).
 */
export const availabilityKept = law('a rolling step leaves enough pods available', (set, previous, asked, siblings, owner, isDelete) => {
  if (isDelete || owner === undefined || isTerminating(owner) || asked.strategies.has('Recreate') || specOf(set) >= specOf(previous) || isScaled(set, previous)) return false;
  const others = siblings.reduce((sum, other) => sum + available(other), 0);
  const [before, after] = [others + Math.min(available(set), specOf(previous)), others + Math.min(available(set), specOf(set))];
  const promised = asked.fewest - asked.unavailable;
  return after >= Math.min(before, promised) ? undefined : `${place(set)} went from ${specOf(previous)} to ${specOf(set)} replicas: ${after} stay available, ${promised} are promised`;
});

/** Recreate: nothing new before the old is gone. */
export const recreatesInOrder: Invariant<{ readonly memory: Memory; readonly born: Map<string, number> }> = {
  name: 'Recreate makes no new pods while old ones are there',
  resources: [...RESOURCES, 'pods'],
  state: () => ({ memory: new Map(), born: new Map() }),
  check: ({ key, resource, object, previous, isDelete }, objects, { memory, born }, time) => {
    if (resource === 'deployments') ask(memory, object as Deployment);
    else if (resource === 'pods' && previous === undefined) born.set(object.metadata.uid, time);
    if (resource !== 'replicasets' || isDelete || specOf(object as ReplicaSet) === 0 || specOf(previous as ReplicaSet | undefined) > 0) return false;
    const reference = controlledBy(object, 'Deployment');
    const asked = reference === undefined ? undefined : memory.get(reference.uid);
    if (reference === undefined || asked === undefined || asked.strategies.has('RollingUpdate')) return false;
    const others = ownedBy<ReplicaSet>(objects, 'replicasets', reference.uid).filter(({ metadata }) => metadata.uid !== object.metadata.uid);
    const old = others.flatMap(({ metadata }) => ownedBy<Pod>(objects, 'pods', metadata.uid)).find((pod) => !isTerminal(pod) && time - (born.get(pod.metadata.uid) ?? 0) > LAG);
    return old === undefined ? undefined : `${key} was started while the old pod ${old.metadata.name} is there`;
  },
};
