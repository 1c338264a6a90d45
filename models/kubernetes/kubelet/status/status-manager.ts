/**
 * Sends pod statuses to the API, one after another (pkg/kubelet/status/status_manager.go).
 *
 * A terminal phase is held back while containers may still run. When a pod that is to be deleted has finished, this is what
 * deletes its object. Upstream looks at all pods every ten seconds: for what could not be sent, and for what the API shows
 * otherwise. Here these points of time are taken when there is a pod to look at, so there is no other periodic work.
 */
import type { Client } from '../../client/client.ts';
import { type Process, suspend, type Task, type TimerHandle } from '../../client/process.ts';
import { PODS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { NEW } from '../../object/new.ts';
import type { core, Pod } from '../../object/types.ts';
import { OWNED_CONDITIONS } from './generate.ts';
import { isFinalPhase } from './phase.ts';
import { isPodStatusByKubeletEqual, normalizeStatus } from './status-equal.ts';
import { terminatedStatus } from './terminated-status.ts';

/** status_manager.go: syncPeriod. */
const SYNC_PERIOD_US = 10_000_000;

interface Versioned {
  pod: Pod;
  status: core.PodStatus;
  version: number;
  isFinished: boolean;
}

export interface StatusHooks {
  /** May containers of the pod still run? */
  couldRun(uid: string): boolean;
  /** The pod as the API last showed it. */
  latest(uid: string): Pod | undefined;
  /** Under which UID the API has the pod: a static pod's status goes to its mirror, to nobody while there is none. */
  apiUid(pod: Pod): string | undefined;
  /** What carries the pod's status in the API: the pod, or the mirror of a static one. */
  shown(uid: string): Pod | undefined;
}

export class StatusManager {
  readonly #process: Process;
  readonly #client: Client;
  readonly #hooks: StatusHooks;
  readonly #statuses = new Map<string, Versioned>();
  readonly #sent = new Map<string, number>();
  /** The version of the object that holds what was sent last; what the watch says about older ones is no news. */
  readonly #writtenVersions = new Map<string, number>();
  readonly #queue = new Set<string>();
  readonly #startedUs: number;
  #wake: ((batch: readonly Versioned[]) => void) | undefined;
  /** What the next period is to look at, and its timer. */
  #suspects = new Set<string>();
  #period: TimerHandle | undefined;

  constructor(process: Process, client: Client, hooks: StatusHooks) {
    this.#process = process;
    this.#client = client;
    this.#hooks = hooks;
    this.#startedUs = process.now;
    process.go(this.#send());
  }

  /** The status that was computed last. */
  get(uid: string): core.PodStatus | undefined {
    return this.#statuses.get(uid)?.status;
  }

  set(pod: Pod, status: core.PodStatus): void {
    const { uid } = pod.metadata;
    const old = this.#statuses.get(uid);
    const previous = old?.status ?? pod.status;
    const startTime = previous?.startTime ?? status.startTime;
    const next = { ...status, ...(startTime === undefined ? {} : { startTime }) };
    if (old !== undefined && pod.metadata.deletionTimestamp === undefined && isSameStatus(old.status, next)) {
      old.pod = pod;
      return;
    }
    if (old !== undefined && isSameStatus(old.status, next) && this.#sent.get(uid) === old.version) {
      old.pod = pod;
      this.#push(uid);
      return;
    }
    this.#statuses.set(uid, { pod, status: next, version: (old?.version ?? 0) + 1, isFinished: old?.isFinished ?? false });
    this.#push(uid);
  }

  /** The pod's last status: nothing of it runs any more, and its resources are gone. */
  terminate(pod: Pod): void {
    const { uid } = pod.metadata;
    const old = this.#statuses.get(uid);
    const status = terminatedStatus(pod, old?.status ?? (pod.status as core.PodStatus));
    // Always a new version: a terminal phase was held back as long as containers could run, and is sent now.
    this.#statuses.set(uid, { pod, status, version: (old?.version ?? 0) + 1, isFinished: true });
    this.#push(uid);
  }

  /** Changes the status at once, between two syncs: a probe has decided about a container (SetContainerReadiness, SetContainerStartup). */
  change(uid: string, change: (status: core.PodStatus) => core.PodStatus): void {
    const old = this.#statuses.get(uid);
    if (old !== undefined) this.set(old.pod, change(old.status));
  }

  /** Sends the status once more: there is a new mirror. */
  resend(uid: string): void {
    this.#sent.delete(uid);
    this.#push(uid);
  }

  /** The API shows the pod, or its mirror, with another status: the next period compares it with the computed one. */
  reconcile(uid: string, shown: Pod): void {
    const entry = this.#statuses.get(uid);
    if (entry === undefined || this.#sent.get(uid) !== entry.version) return;
    if (Number(shown.metadata.resourceVersion) > (this.#writtenVersions.get(uid) ?? 0) && this.#isOverwritten(uid, entry, shown)) this.#later(uid);
  }

  /** needsReconcile; and what is held back anyway is no difference. */
  #isOverwritten(uid: string, { status }: Versioned, shown: Pod): boolean {
    const api = (shown.status ?? {}) as core.PodStatus;
    return !isPodStatusByKubeletEqual(normalizeStatus(shown, api), normalizeStatus(shown, status)) && patchOf(api, mergeStatus(api, status, this.#hooks.couldRun(uid))) !== undefined;
  }

  forget(uid: string): void {
    this.#statuses.delete(uid);
    this.#sent.delete(uid);
    this.#writtenVersions.delete(uid);
    this.#queue.delete(uid);
    this.#suspects.delete(uid);
  }

  /** Pods that the API no longer has. */
  removeOrphans(isKnown: (uid: string) => boolean): void {
    for (const uid of [...this.#statuses.keys()]) if (!isKnown(uid)) this.forget(uid);
  }

  /** Wakes the sender. With it goes whatever could not be sent before. */
  #push(uid: string): void {
    this.#queue.add(uid);
    for (const each of this.#suspects) if (this.#sent.get(each) !== this.#statuses.get(each)?.version) this.#queue.add(each);
    const wake = this.#wake;
    if (wake === undefined) return;
    this.#wake = undefined;
    const batch = this.#batch();
    this.#process.soon(() => wake(batch));
  }

  /** syncBatch: the statuses as they are now. What changes while they are sent is of the next batch. */
  #batch(): readonly Versioned[] {
    const batch = [...this.#queue].flatMap((uid) => this.#statuses.get(uid) ?? []);
    this.#queue.clear();
    return batch;
  }

  *#send(): Task {
    for (;;) {
      const batch = this.#queue.size > 0 ? this.#batch() : yield* suspend<readonly Versioned[]>((resume) => (this.#wake = resume));
      for (const entry of batch) if (!(yield* this.#sync(entry))) this.#later(entry.pod.metadata.uid);
    }
  }

  #later(uid: string): void {
    this.#suspects.add(uid);
    const passedUs = (this.#process.now - this.#startedUs) % SYNC_PERIOD_US;
    this.#period ??= this.#process.after('status.sync', SYNC_PERIOD_US - passedUs, () => {
      this.#period = undefined;
      const suspects = this.#suspects;
      this.#suspects = new Set();
      for (const each of suspects) this.#lookAt(each);
    });
  }

  /** What was not sent, and what the API still shows otherwise, is sent. */
  #lookAt(uid: string): void {
    const entry = this.#statuses.get(uid);
    if (entry === undefined) return;
    const shown = this.#hooks.shown(uid);
    const isSent = this.#sent.get(uid) === entry.version && !this.#canDelete(entry);
    if (isSent && (shown === undefined || !this.#isOverwritten(uid, entry, shown))) return;
    if (isSent) this.#sent.delete(uid);
    this.#push(uid);
  }

  /** False: try again at the next period. */
  *#sync(entry: Versioned): Task<boolean> {
    const { version } = entry;
    const { uid } = entry.pod.metadata;
    if (!this.#statuses.has(uid)) return true;
    if (this.#sent.get(uid) === version && !this.#canDelete(entry)) return true;
    const { namespace, name } = entry.pod.metadata;
    const apiUid = this.#hooks.apiUid(entry.pod);
    if (apiUid === undefined) return true;
    const found = yield* this.#client.get<Pod>(PODS, namespace, name);
    if (!found.ok) {
      if (isNotFound(found) && apiUid === uid) this.forget(uid);
      return isNotFound(found);
    }
    const api = found.object;
    if (api.metadata.uid !== apiUid) {
      if (apiUid === uid) this.forget(uid);
      return true;
    }
    if (this.#isOvertaken(entry)) return true;
    const merged = mergeStatus(api.status as core.PodStatus | undefined, entry.status, this.#hooks.couldRun(uid));
    const changes = patchOf((api.status ?? {}) as core.PodStatus, merged);
    let written = api;
    if (changes !== undefined) {
      const body = { metadata: { uid: apiUid }, status: changes };
      const patched = yield* this.#client.patch<Pod>(PODS, namespace, name, 'application/strategic-merge-patch+json', body, { subresource: 'status' });
      if (!patched.ok) return isNotFound(patched);
      written = patched.object;
    }
    if (this.#statuses.get(uid) !== undefined) {
      this.#sent.set(uid, version);
      this.#writtenVersions.set(uid, Number(written.metadata.resourceVersion));
      // Somebody may have changed the pod between the two requests.
      if (written !== api && this.#statuses.get(uid)?.version === version && this.#isOverwritten(uid, entry, written)) this.#later(uid);
    }
    if (!this.#canDelete({ ...entry, pod: api }, merged)) return true;
    const deleted = yield* this.#client.delete(PODS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } });
    if (deleted.ok || isNotFound(deleted)) this.forget(uid);
    return deleted.ok || isNotFound(deleted);
  }

  /**
   * The status says how the pod ended, and by now it has ended otherwise: an eviction's Failed, held back as long as containers ran.
   * Upstream sends it all the same, so that a finished pod may change its end; here the next batch has the new one.
   */
  #isOvertaken({ pod, status }: Versioned): boolean {
    const { phase } = status;
    return isFinalPhase(phase) && this.#statuses.get(pod.metadata.uid)?.status.phase !== phase;
  }

  #canDelete(entry: Versioned, status: core.PodStatus = entry.status): boolean {
    const pod = this.#hooks.latest(entry.pod.metadata.uid) ?? entry.pod;
    if (pod.metadata.deletionTimestamp === undefined && entry.pod.metadata.deletionTimestamp === undefined) return false;
    if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined || this.#hooks.apiUid(pod) !== pod.metadata.uid) return false;
    return entry.isFinished && isFinalPhase(status.phase);
  }
}

/** mergePodStatus: conditions of others stay, a terminal phase waits for the containers, and so does the mark of an eviction. */
export function mergeStatus(old: core.PodStatus | undefined, next: core.PodStatus, couldRun: boolean): core.PodStatus {
  const isTerminal = isFinalPhase(next.phase);
  const isHeld = isTerminal && couldRun;
  const becomesTerminal = isTerminal && old?.phase !== 'Failed' && old?.phase !== 'Succeeded';
  const foreign = (old?.conditions ?? []).filter(({ type }) => !OWNED_CONDITIONS.includes(type));
  const own = (next.conditions ?? []).filter(({ type }) => OWNED_CONDITIONS.includes(type));
  const disruption = becomesTerminal && !isHeld ? (next.conditions ?? []).find(({ type }) => type === 'DisruptionTarget') : undefined;
  const others = disruption === undefined ? foreign : [...foreign.filter(({ type }) => type !== 'DisruptionTarget'), disruption];
  const conditions = [...others, ...own];
  if (!isHeld) return { ...next, conditions: isTerminal ? conditions.map((condition) => forcedUnready(condition, next.phase as string)) : conditions };
  const { phase: _phase, reason: _reason, message: _message, ...rest } = next;
  const kept = { phase: old?.phase, ...(old?.reason === undefined ? {} : { reason: old.reason }), ...(old?.message === undefined ? {} : { message: old.message }) };
  return { ...rest, ...kept, conditions } as core.PodStatus;
}

function forcedUnready(condition: core.PodCondition, phase: string): core.PodCondition {
  if ((condition.type !== 'Ready' && condition.type !== 'ContainersReady') || condition.status !== 'True') return condition;
  return { ...condition, status: 'False', reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' };
}

const FIELDS = [
  'observedGeneration', 'phase', 'conditions', 'message', 'reason', 'nominatedNodeName', 'hostIP', 'hostIPs', 'podIP', 'podIPs', 'startTime',
  'initContainerStatuses', 'containerStatuses', 'qosClass', 'ephemeralContainerStatuses', 'resize', 'resourceClaimStatuses',
] as const;

/** A strategic merge patch from one status to the other; undefined if they are the same. */
export function patchOf(old: core.PodStatus, next: core.PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const before = (old as Record<string, unknown>)[field];
    const after = (next as Record<string, unknown>)[field];
    // Others' fields stay; the scheduler's nomination goes: its pod has come.
    if (field === 'observedGeneration' || field === 'resize' || field === 'resourceClaimStatuses') continue;
    if (deepEqual(before, after)) continue;
    if (after === undefined) patch[field] = null;
    else if (field === 'conditions') Object.assign(patch, conditionsPatch(old.conditions ?? [], next.conditions ?? []));
    else if (field === 'podIPs' || field === 'hostIPs') Object.assign(patch, addressesPatch(field, before as Addresses | undefined, after as Addresses));
    else patch[field] = after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

type Addresses = readonly { readonly ip: string }[];

/** Lists of addresses are merged by address: what is gone has to be named. */
function addressesPatch(field: 'podIPs' | 'hostIPs', old: Addresses | undefined, next: Addresses): Record<string, unknown> {
  const gone = (old ?? []).filter(({ ip }) => !next.some((each) => each.ip === ip)).map(({ ip }) => ({ $patch: 'delete', ip }));
  const order = old === undefined || (field === 'hostIPs' && gone.length === 0) ? {} : { [`$setElementOrder/${field}`]: next };
  return { [field]: [...next, ...gone], ...order };
}

function conditionsPatch(old: readonly core.PodCondition[], next: readonly core.PodCondition[]): Record<string, unknown> {
  const changed: unknown[] = [];
  for (const condition of next) {
    const before = old.find(({ type }) => type === condition.type);
    if (before !== undefined && deepEqual(before, condition)) continue;
    const dropped: Record<string, null> = {};
    for (const field of ['reason', 'message'] as const) if (before?.[field] !== undefined && condition[field] === undefined) dropped[field] = null;
    changed.push({ ...NEW, ...condition, ...dropped });
  }
  for (const { type } of old) if (!next.some((each) => each.type === type)) changed.push({ $patch: 'delete', type });
  return { '$setElementOrder/conditions': next.map(({ type }) => ({ type })), ...(changed.length === 0 ? {} : { conditions: changed }) };
}

function isSameStatus(a: core.PodStatus, b: core.PodStatus): boolean {
  return deepEqual(a, b);
}

/** Equal as JSON; undefined fields count as absent. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key of Object.keys(left)) if (!deepEqual(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (right[key] !== undefined && !Object.hasOwn(left, key)) return false;
  return true;
}
