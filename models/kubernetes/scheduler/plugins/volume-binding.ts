/**
 * VolumeBinding: claims that wait for their pod are decided together with its node.
 *
 * Volumes promised to pods that are being bound are remembered until those pods are bound or given up, so that two pods
 * are not promised the same volume. Before the pod is bound the decisions are written, and the volume controller's
 * answer is awaited. Source: pkg/scheduler/framework/plugins/volumebinding/{volume_binding,binder}.go.
 */
import type { Task } from '../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from '../../client/resources.ts';
import { compareQuantity } from '../../object/quantity.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../object/types.ts';
import type { BindingCycle, Cycle, Plugin } from '../framework/plugin.ts';
import { failure, type Status, unresolvable } from '../framework/status.ts';
import { BOUND_BY_CONTROLLER, claimUsesOf, SELECTED_NODE } from '../../object/claim.ts';
import { volumeBindingEvents } from './volume-binding-events.ts';
import { requestedStorage } from '../../object/volume-match.ts';
import {
  claimError,
  type ClaimState,
  isBound,
  isDelayed,
  planVolumes,
  type VolumePlan,
} from './volume-plan.ts';

const NAME = 'VolumeBinding';
/** How often it is looked whether the volumes are bound (binder.go), µs. */
const POLL_PERIOD = 1_000_000;
const DEFAULT_BIND_TIMEOUT_SECONDS = 600;

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number;
}

const classify = (cycle: Cycle): Status | ClaimState => {
  const { pod } = cycle.pod;
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = 0;
  for (const { name, isEphemeral } of claimUsesOf(pod)) {
    const claim = cycle.listers.persistentVolumeClaim(cycle.pod.namespace, name);
    const error = claimError(pod, name, isEphemeral, claim);
    if (claim === undefined || error !== undefined) return unresolvable(NAME, error ?? '');
    if (isBound(claim)) bound.push(claim);
    else if (isDelayed(claim, cycle.listers)) delayed.push(claim);
    else immediate += 1;
  }
  if (immediate > 0) return unresolvable(NAME, 'pod has unbound immediate PersistentVolumeClaims');
  delayed.sort((a, b) => compareQuantity(requestedStorage(a), requestedStorage(b)));
  return { bound, delayed };
};

/** The volume as it is once the claim has it. */
const boundVolume = (volume: PersistentVolume, { metadata }: PersistentVolumeClaim): PersistentVolume => ({
  ...volume,
  metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' } },
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
});

const claimForNode = (claim: PersistentVolumeClaim, node: string): PersistentVolumeClaim => ({
  ...claim,
  metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [SELECTED_NODE]: node } },
});

/** Writes what was decided; the first error in words. */
function* write({ client }: BindingCycle, plan: VolumePlan, node: string): Task<string | undefined> {
  for (const { volume, claim } of plan.bindings) {
    const updated = yield* client.update(PERSISTENT_VOLUMES, boundVolume(volume, claim));
    if (!updated.ok) return updated.status.message ?? '';
  }
  for (const claim of plan.provisions) {
    const updated = yield* client.update(PERSISTENT_VOLUME_CLAIMS, claimForNode(claim, node));
    if (!updated.ok) return updated.status.message ?? '';
  }
  return undefined;
}

/** `bound`, `waiting`, or what went wrong. */
const progress = ({ listers, pod }: BindingCycle, plan: VolumePlan, node: string): string => {
  const claims = [...plan.bindings.map(({ claim }) => claim), ...plan.provisions];
  for (const { metadata } of claims) {
    const claim = listers.persistentVolumeClaim(pod.namespace, metadata.name);
    if (claim === undefined) return `error getting PVC "${pod.namespace}/${metadata.name}" from cache`;
    if (isBound(claim)) continue;
    const wasProvisioned = plan.provisions.some((other) => other.metadata.name === metadata.name);
    const selected = claim.metadata.annotations?.[SELECTED_NODE];
    // The provisioner gives a node back by taking the annotation away.
    if (wasProvisioned && claim.metadata.resourceVersion !== metadata.resourceVersion && selected !== node) {
      return `provisioning failed for PVC "${metadata.name}"`;
    }
    return 'waiting';
  }
  return 'bound';
};

function* bindVolumes(cycle: BindingCycle, plan: VolumePlan, node: string, timeout: number): Task<Status | undefined> {
  const error = yield* write(cycle, plan, node);
  if (error !== undefined) return failure(NAME, `binding volumes: ${error}`);
  const deadline = cycle.process.now + timeout;
  for (;;) {
    yield* cycle.process.sleep('scheduler.volumes', POLL_PERIOD);
    const state = progress(cycle, plan, node);
    if (state === 'bound') return undefined;
    if (state !== 'waiting') return failure(NAME, `binding volumes: ${state}`);
    if (cycle.process.now >= deadline) return failure(NAME, 'binding volumes: context deadline exceeded');
  }
}

export const volumeBinding = (args: VolumeBindingArgs = {}): Plugin<ClaimState> => {
  const timeout = (args.bindTimeoutSeconds ?? DEFAULT_BIND_TIMEOUT_SECONDS) * 1_000_000;
  /** Volume name to the UID of the claim that it was promised to. These three live and die with the process. */
  const promised = new Map<string, string>();
  const plans = new Map<string, VolumePlan>();
  const states = new Map<string, ClaimState>();
  const release = (uid: string): void => {
    for (const { volume } of plans.get(uid)?.bindings ?? []) promised.delete(volume.metadata.name);
    plans.delete(uid);
  };
  return {
    name: NAME,
    preFilter: (cycle) => {
      states.clear();
      if (claimUsesOf(cycle.pod.pod).length === 0) return { kind: 'skip' };
      const state = classify(cycle);
      if ('code' in state) return { kind: 'reject', status: state };
      states.set(cycle.pod.uid, state);
      return { kind: 'ok', own: state };
    },
    filter: (cycle, row, own) => {
      const { reasons } = planVolumes(cycle.listers, own, row, promised);
      return reasons.length === 0 ? undefined : unresolvable(NAME, ...reasons);
    },
    reserve: (cycle, node) => {
      const state = states.get(cycle.pod.uid);
      const row = cycle.snapshot.get(node);
      if (state === undefined || row === undefined || state.delayed.length === 0) return undefined;
      const plan = planVolumes(cycle.listers, state, row, promised);
      if (plan.reasons.length > 0) return failure(NAME, plan.reasons.join(', '));
      plans.set(cycle.pod.uid, plan);
      for (const { volume, claim } of plan.bindings) promised.set(volume.metadata.name, claim.metadata.uid);
      return undefined;
    },
    unreserve: (cycle) => release(cycle.pod.uid),
    *preBind(cycle, node): Task<Status | undefined> {
      const plan = plans.get(cycle.pod.uid);
      if (plan === undefined) return undefined;
      const status = yield* bindVolumes(cycle, plan, node, timeout);
      if (status === undefined) release(cycle.pod.uid);
      return status;
    },
    events: volumeBindingEvents,
  };
};
