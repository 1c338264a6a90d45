/**
 * Makes, mends and deletes the pods and claims of a StatefulSet, and says so in events.
 *
 * Claims come before the pod that needs them; no claim is ever deleted here: the retention policy only sets owners, and garbage
 * collection does the rest. Source: pkg/controller/statefulset/stateful_pod_control.go.
 */
import type { Client } from '../../client/client.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { aggregate, failure, failureOf, type Err } from '../../client/failure.ts';
import type { PodDraft } from '../../client/pod-template.ts';
import type { Process, Task } from '../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PODS } from '../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../client/result.ts';
import { DEFAULT_BACKOFF, retryOnConflict } from '../../client/retry.ts';
import type { Lister } from '../../client/store.ts';
import { controllerOf, isTerminating } from '../../object/meta.ts';
import type { KubeObject, OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../../object/types.ts';
import { claimsFor, identityMatches, isInRange, ordinalOf, STATEFUL_SET_KIND, storageMatches, withIdentity } from './stateful-set-util.ts';

const POD_KIND = Object.freeze({ apiVersion: 'v1', kind: 'Pod' });

export class StatefulPodControl {
  private readonly process: Process;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly claims: Lister<PersistentVolumeClaim>;
  private readonly pods: Lister<Pod>;

  constructor(process: Process, client: Client, recorder: EventRecorder, claims: Lister<PersistentVolumeClaim>, pods: Lister<Pod>) {
    this.process = process;
    this.client = client;
    this.recorder = recorder;
    this.claims = claims;
    this.pods = pods;
  }

  /** Creates the claims and then the pod of an ordinal. */
  *create(set: StatefulSet, draft: PodDraft, ordinal: number): Task<Err> {
    const name = draft.metadata['name'] as string;
    const claimError = yield* this.createClaims(set, name, ordinal);
    if (claimError !== undefined) {
      this.recordPod('create', set, name, claimError);
      return claimError;
    }
    const result = yield* this.client.create<Pod>(PODS, set.metadata.namespace, draft);
    const error = failureOf(result);
    // The name is taken: the cache lags, and the next sync will see the pod.
    if (isAlreadyExists(result)) return error;
    this.recordPod('create', set, name, error);
    return result.ok ? yield* this.applyRetention(set, result.object) : error;
  }

  *delete(set: StatefulSet, pod: Pod): Task<Err> {
    const error = failureOf(yield* this.client.delete(PODS, pod.metadata.namespace, pod.metadata.name));
    this.recordPod('delete', set, pod.metadata.name, error);
    return error;
  }

  /** Puts identity, storage and claim owners right. */
  *update(set: StatefulSet, pod: Pod): Task<Err> {
    let latest = pod;
    let isWritten = false;
    const error = yield* retryOnConflict(this.process, DEFAULT_BACKOFF, () => this.updateOnce(set, latest, (next) => (latest = next), () => (isWritten = true)));
    if (isWritten) this.recordPod('update', set, pod.metadata.name, error);
    return error;
  }

  private *updateOnce(set: StatefulSet, pod: Pod, refreshed: (pod: Pod) => void, wrote: () => void): Task<Err> {
    const isConsistent = identityMatches(set, pod) && storageMatches(set, pod);
    if (!storageMatches(set, pod)) {
      const claimError = yield* this.createClaims(set, pod.metadata.name, ordinalOf(set, pod));
      if (claimError !== undefined) return claimError;
    }
    const retentionError = yield* this.applyRetention(set, pod);
    if (retentionError !== undefined || isConsistent) return retentionError;
    wrote();
    const result = yield* this.client.update<Pod>(PODS, withIdentity(set, pod));
    if (!result.ok) {
      const cached = this.pods.get(pod.metadata.namespace, pod.metadata.name);
      if (cached !== undefined) refreshed(cached);
    }
    return failureOf(result);
  }

  /** Creates the claims that are missing. A claim that is being deleted blocks its pod. */
  *createClaims(set: StatefulSet, pod: string, ordinal: number): Task<Err> {
    const errors: Err[] = [];
    for (const claim of claimsFor(set, ordinal)) {
      const { name } = claim.metadata;
      const known = this.claims.get(set.metadata.namespace, name);
      if (known !== undefined) {
        if (isTerminating(known)) errors.push(failure(`pvc ${name} is being deleted`));
        continue;
      }
      const result = yield* this.client.create<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, set.metadata.namespace, claim);
      const error = failureOf(result);
      if (error !== undefined) errors.push(failure(`failed to create PVC ${name}: ${error.message}`));
      if (!isAlreadyExists(result)) this.recordClaim(set, pod, name, error);
    }
    return aggregate(errors);
  }

  /** Whether a claim still belongs to an earlier pod of the same name; it is about to be collected. */
  hasStaleClaim(set: StatefulSet, ordinal: number): boolean {
    if (policyOf(set).whenScaled !== 'Delete') return false;
    const podName = `${set.metadata.name}-${ordinal}`;
    const pod = this.pods.get(set.metadata.namespace, podName);
    return claimsFor(set, ordinal).some(({ metadata }) => {
      const claim = this.claims.get(set.metadata.namespace, metadata.name);
      return claim?.metadata.ownerReferences?.some((ref) => ref.kind === 'Pod' && ref.name === podName && ref.uid !== pod?.metadata.uid) === true;
    });
  }

  /** Whether the owners of the pod's claims are those that the retention policy asks for. */
  claimsMatchRetention(set: StatefulSet, pod: Pod): boolean {
    return this.claimsOf(set, pod).every((claim) => wantedOwners(set, pod, claim) === undefined);
  }

  /** Sets the owners of the pod's claims as the retention policy asks. */
  *applyRetention(set: StatefulSet, pod: Pod): Task<Err> {
    for (const claim of this.claimsOf(set, pod)) {
      const owners = wantedOwners(set, pod, claim);
      if (owners === undefined) continue;
      const foreign = controllerOf(claim);
      if (foreign !== undefined && foreign.uid !== set.metadata.uid && foreign.uid !== pod.metadata.uid) {
        const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a managing controller, the retention policy is ignored for this claim`;
        this.recorder.event(claim, 'Warning', 'ConflictingController', message);
        continue;
      }
      const body = { ...claim, metadata: { ...claim.metadata, ownerReferences: owners } };
      const result = yield* this.client.update<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, body);
      if (!result.ok && !isNotFound(result)) return failure(`could not update claim ${claim.metadata.name} for delete policy ownerRefs: ${result.status.message ?? ''}`);
    }
    return undefined;
  }

  private claimsOf(set: StatefulSet, pod: Pod): PersistentVolumeClaim[] {
    const claims: PersistentVolumeClaim[] = [];
    for (const { metadata } of claimsFor(set, ordinalOf(set, pod))) {
      const claim = this.claims.get(set.metadata.namespace, metadata.name);
      if (claim !== undefined) claims.push(claim);
    }
    return claims;
  }

  private recordPod(verb: 'create' | 'update' | 'delete', set: StatefulSet, pod: string, error: Err): void {
    const title = `${verb[0]?.toUpperCase() ?? ''}${verb.slice(1)}`;
    const what = `${verb} Pod ${pod} in StatefulSet ${set.metadata.name}`;
    if (error === undefined) this.recorder.event(set, 'Normal', `Successful${title}`, `${what} successful`);
    else this.recorder.event(set, 'Warning', `Failed${title}`, `${what} failed error: ${error.message}`);
  }

  private recordClaim(set: StatefulSet, pod: string, claim: string, error: Err): void {
    const where = `Pod ${pod} in StatefulSet ${set.metadata.name}`;
    if (error === undefined) this.recorder.event(set, 'Normal', 'SuccessfulCreate', `create Claim ${claim} ${where} success`);
    else this.recorder.event(set, 'Warning', 'FailedCreate', `create Claim ${claim} for ${where} failed error: ${error.message}`);
  }
}

function policyOf(set: StatefulSet): { whenDeleted?: string; whenScaled?: string } {
  return (set.spec as { persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string } }).persistentVolumeClaimRetentionPolicy ?? {};
}

/** The owner references that a claim should have; undefined when it has them. */
function wantedOwners(set: StatefulSet, pod: Pod, claim: PersistentVolumeClaim): OwnerReference[] | undefined {
  const { whenDeleted, whenScaled } = policyOf(set);
  const isCondemned = !isInRange(set, ordinalOf(set, pod));
  const byPod = whenScaled === 'Delete' && isCondemned;
  const bySet = whenDeleted === 'Delete' && !byPod;
  const owners = claim.metadata.ownerReferences ?? [];
  const has = (owner: KubeObject): boolean => owners.some(({ uid }) => uid === owner.metadata.uid);
  if (has(set) === bySet && has(pod) === byPod) return undefined;
  const others = owners.filter(({ uid }) => uid !== set.metadata.uid && uid !== pod.metadata.uid);
  if (bySet) others.push(newControllerRef(set, STATEFUL_SET_KIND));
  if (byPod) others.push(newControllerRef(pod, POD_KIND));
  return others;
}
