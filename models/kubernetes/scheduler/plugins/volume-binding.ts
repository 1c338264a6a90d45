/**
 * VolumeBinding: claims that wait for their pod are decided together with its node.
 *
 * Volumes promised to pods that are being bound are remembered until those pods are bound or given up, so that two pods
 * are not promised the same volume, nor one claim two of them. Before the pod is bound the decisions are written, and the volume controller's
 * answer is awaited. Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go.
 */
import type { Task } from '../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../client/resources.ts';
import { compareQuantity } from '../../object/quantity.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from '../../object/types.ts';
import type { BindingCycle, Cycle, Plugin } from '../framework/plugin.ts';
import { failure, type Status, unresolvable } from '../framework/status.ts';
import { BOUND_BY_CONTROLLER, claimUsesOf, SELECTED_NODE } from '../../object/claim.ts';
import { volumeBindingEvents } from './volume-binding-events.ts';
import { isPrebound, requestedStorage, volumeReaches } from '../../object/volume-match.ts';
import { VolumeAssumptions, type VolumeView } from './volume-assume.ts';
import { claimError, type ClaimState, isBound, isDelayed, planVolumes, type VolumePlan } from './volume-plan.ts';

const NAME = 'VolumeBinding';
/** How often it is looked whether the volumes are bound (binder.go), µs. */
const POLL_PERIOD = 1_000_000;
const DEFAULT_BIND_TIMEOUT_SECONDS = 600;

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number;
}

const classify = (cycle: Cycle, view: VolumeView): Status | ClaimState => {
  const { pod } = cycle.pod;
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = 0;
  for (const { name, isEphemeral } of claimUsesOf(pod)) {
    const claim = view.persistentVolumeClaim(cycle.pod.namespace, name);
    const error = claimError(pod, name, isEphemeral, claim);
    if (claim === undefined || error !== undefined) return unresolvable(NAME, error ?? '');
    if (isBound(claim)) bound.push(claim);
    else if (isDelayed(claim, view)) delayed.push(claim);
    else immediate += 1;
  }
  if (immediate > 0) return unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
  delayed.sort((a, b) => compareQuantity(requestedStorage(a), requestedStorage(b)));
  return { bound, delayed };
};

/** The volume as it is once the claim has it; one that was set aside for the claim is not marked as bound by us (GetBindVolumeToClaim). */
const boundVolume = (volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume => {
  const { metadata } = claim;
  const isMarked = isPrebound(volume, claim);
  if (isMarked && volume.spec.claimRef?.uid === metadata.uid) return volume;
  const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  return {
    ...volume,
    metadata: isMarked ? volume.metadata : { ...volume.metadata, annotations },
    spec: {
      ...volume.spec,
      claimRef: {
        kind: 'PersistentVolumeClaim',
        apiVersion: 'v1',
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        uid: metadata.uid,
        resourceVersion: metadata.resourceVersion,
      },
    },
  };
};

const claimForNode = (claim: PersistentVolumeClaim, node: string): PersistentVolumeClaim => ({
  ...claim,
  metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [SELECTED_NODE]: node } },
});

/** What was written for a pod, in the versions that the API server answered with. */
interface Written {
  readonly bindings: { readonly volume: PersistentVolume; readonly claim: PersistentVolumeClaim }[];
  readonly provisions: PersistentVolumeClaim[];
}

/** Writes what was decided; the first error in words. */
function* write({ client }: BindingCycle, plan: VolumePlan): Task<string | Written> {
  const written: Written = { bindings: [], provisions: [] };
  for (const { volume, claim } of plan.bindings) {
    const updated = yield* client.update<PersistentVolume>(PERSISTENT_VOLUMES, volume);
    if (!updated.ok) return updated.status.message ?? '';
    written.bindings.push({ volume: updated.object, claim });
  }
  for (const claim of plan.provisions) {
    const updated = yield* client.update<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, claim);
    if (!updated.ok) return updated.status.message ?? '';
    written.provisions.push(updated.object);
  }
  return written;
}

/** Carries out what was planned for the pod. What was written stays assumed until the informers have it. */
function* bindPlanned(cycle: BindingCycle, plans: Map<string, VolumePlan>, node: string, timeout: number): Task<Status | undefined> {
  const plan = plans.get(cycle.pod.uid);
  if (plan === undefined) return undefined;
  const status = yield* bindVolumes(cycle, plan, node, timeout);
  if (status === undefined) plans.delete(cycle.pod.uid);
  return status;
}

function* bindVolumes(cycle: BindingCycle, plan: VolumePlan, node: string, timeout: number): Task<Status | undefined> {
  const written = yield* write(cycle, plan);
  if (typeof written === 'string') return failure(NAME, written);
  const deadline = cycle.process.now + timeout;
  for (;;) {
    yield* cycle.process.sleep('scheduler.volumes', POLL_PERIOD);
    const state = checkBindings(cycle, written, node);
    if (state === 'bound') return undefined;
    if (state !== 'waiting') return failure(NAME, `binding volumes: ${state}`);
    if (cycle.process.now >= deadline) return failure(NAME, 'binding volumes: context deadline exceeded');
  }
}

/** Whether everything is `bound`, or still `waiting`, or what went wrong. It asks the informers, not what is assumed. */
function checkBindings({ listers, pod }: BindingCycle, { bindings, provisions }: Written, node: string): string {
  const labels = listers.nodeLabels(node);
  if (labels === undefined) return `failed to get node "${node}": node "${node}" not found`;
  const { namespace } = pod;
  const { name } = pod.pod.metadata;
  if (!listers.hasPod(namespace, name)) return `pod does not exist any more: pod "${name}" not found`;
  for (const { volume, claim } of bindings) {
    const current = listers.persistentVolume(volume.metadata.name);
    if (current === undefined) return `failed to check binding: could not find v1.PersistentVolume "${volume.metadata.name}"`;
    const state = listers.persistentVolumeClaim(namespace, claim.metadata.name);
    if (state === undefined) return `failed to check binding: could not find v1.PersistentVolumeClaim "${namespace}/${claim.metadata.name}"`;
    if (isOlder(current, volume)) return 'waiting';
    if (!volumeReaches(current, labels)) return unreachable(current, node);
    if (!current.spec.claimRef?.uid) return `ClaimRef got reset for pv "${current.metadata.name}"`;
    if (!isBound(state)) return 'waiting';
  }
  for (const claim of provisions) {
    const current = listers.persistentVolumeClaim(namespace, claim.metadata.name);
    if (current === undefined) return `failed to check provisioning pvc: could not find v1.PersistentVolumeClaim "${namespace}/${claim.metadata.name}"`;
    if (isOlder(current, claim)) return 'waiting';
    if (current.metadata.annotations === undefined) return `selectedNode annotation reset for PVC "${current.metadata.name}"`;
    // The provisioner gives a node back by taking the annotation away.
    if (current.metadata.annotations[SELECTED_NODE] !== node) return `provisioning failed for PVC "${current.metadata.name}"`;
    if (current.spec.volumeName) {
      const volume = listers.persistentVolume(current.spec.volumeName);
      if (volume === undefined) return 'waiting';
      if (!volumeReaches(volume, labels)) return unreachable(volume, node);
    }
    if (!isBound(current)) return 'waiting';
  }
  return 'bound';
}

const unreachable = ({ metadata }: PersistentVolume, node: string): string => `pv "${metadata.name}" node affinity doesn't match node "${node}": no matching NodeSelectorTerms`;

/** Whether the informer has yet to see what was written. */
const isOlder = (known: KubeObject, written: KubeObject): boolean => Number(known.metadata.resourceVersion) < Number(written.metadata.resourceVersion);

/** A pod's claims, and what its cycle sees of volumes. */
interface CycleState {
  readonly view: VolumeView;
  readonly claims: ClaimState;
}

export const volumeBinding = (args: VolumeBindingArgs = {}): Plugin<CycleState> => {
  const timeout = (args.bindTimeoutSeconds ?? DEFAULT_BIND_TIMEOUT_SECONDS) * 1_000_000;
  /** These live and die with the process. */
  const assumed = new VolumeAssumptions();
  const plans = new Map<string, VolumePlan>();
  const states = new Map<string, CycleState>();
  const revert = (uid: string): void => {
    const { bindings = [], provisions = [] } = plans.get(uid) ?? {};
    for (const { volume } of bindings) assumed.restoreVolume(volume);
    for (const claim of provisions) assumed.restoreClaim(claim);
    plans.delete(uid);
  };
  return {
    name: NAME,
    preFilter: (cycle) => {
      states.clear();
      if (claimUsesOf(cycle.pod.pod).length === 0) return { kind: 'skip' };
      const view = assumed.over(cycle.listers);
      const claims = classify(cycle, view);
      if ('code' in claims) return { kind: 'reject', status: claims };
      const own = { view, claims };
      states.set(cycle.pod.uid, own);
      return { kind: 'ok', own };
    },
    filter: (_cycle, row, { view, claims }) => {
      const { reasons } = planVolumes(view, claims, row);
      return reasons.length === 0 ? undefined : unresolvable(NAME, ...reasons);
    },
    reserve: (cycle, node) => {
      const state = states.get(cycle.pod.uid);
      const row = cycle.snapshot.get(node);
      if (state === undefined || row === undefined || state.claims.delayed.length === 0) return undefined;
      const { reasons, bindings, provisions } = planVolumes(state.view, state.claims, row);
      if (reasons.length > 0) return failure(NAME, reasons.join(', '));
      const plan = {
        reasons,
        bindings: bindings.map(({ volume, claim }) => ({ volume: boundVolume(volume, claim), claim })),
        provisions: provisions.map((claim) => claimForNode(claim, node)),
      };
      for (const { volume } of plan.bindings) assumed.assumeVolume(volume);
      for (const claim of plan.provisions) assumed.assumeClaim(claim);
      plans.set(cycle.pod.uid, plan);
      return undefined;
    },
    unreserve: (cycle) => revert(cycle.pod.uid),
    preBind: (cycle, node) => bindPlanned(cycle, plans, node, timeout),
    events: volumeBindingEvents,
  };
};
