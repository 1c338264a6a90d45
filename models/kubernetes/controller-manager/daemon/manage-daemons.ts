/**
 * One pod on each node that should have one: what to create and what to delete, node by node.
 *
 * A pod that is being deleted still holds its node, so its successor waits until it is gone; failed pods are deleted with a growing
 * delay. Source: pkg/controller/daemon/daemon_controller.go (manage, podsShouldBeOnNode, syncNodes).
 */
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { aggregate, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import { podFromTemplate, type PodDraft } from '../../client/pod-template.ts';
import type { Task } from '../../client/process.ts';
import { slowStartBatch } from '../../client/slow-start.ts';
import { isTerminating } from '../../object/meta.ts';
import type { core, DaemonSet, Node, Pod } from '../../object/types.ts';
import { isPodAvailable, isPodReady } from '../pod/pod-state.ts';
import { allowsSurge, byCreationAndPhase, GENERATION_ANNOTATION, GENERATION_LABEL, HASH_LABEL, type DaemonSync } from './daemon-sync.ts';
import { daemonTolerations } from './node-eligibility.ts';

/** daemon_controller.go: BurstReplicas. */
const BURST_REPLICAS = 250;
export const DAEMON_SET_KIND = Object.freeze({ apiVersion: 'apps/v1', kind: 'DaemonSet' });

/** Creates where a pod is missing, deletes where one should not be. */
export function* manageDaemons(sync: DaemonSync): Task<Err> {
  const create: string[] = [];
  const remove: string[] = [];
  for (const node of sync.nodes) judgeNode(sync, node, create, remove);
  const known = new Set(sync.nodes.map(({ metadata }) => metadata.name));
  for (const [node, pods] of sync.podsByNode) {
    if (known.has(node)) continue;
    for (const pod of pods) if (!pod.spec.nodeName) remove.push(pod.metadata.name);
  }
  return yield* syncNodes(sync, remove, create);
}

function judgeNode(sync: DaemonSync, node: Node, create: string[], remove: string[]): void {
  const { name } = node.metadata;
  const pods = sync.podsByNode.get(name);
  const { shouldRun, shouldContinue } = sync.eligibility(node);
  if (pods === undefined) {
    if (shouldRun) create.push(name);
    return;
  }
  if (!shouldContinue) {
    for (const pod of pods) if (!isTerminating(pod)) remove.push(pod.metadata.name);
    return;
  }
  const running: Pod[] = [];
  for (const pod of pods) {
    if (isTerminating(pod)) continue;
    if (!isFinished(sync, pod, name, remove)) running.push(pod);
  }
  running.sort(byCreationAndPhase);
  if (!allowsSurge(sync.daemonSet)) {
    remove.push(...running.slice(1).map(({ metadata }) => metadata.name));
  } else if (running.length === 0) {
    if (shouldRun) create.push(name);
  } else if (running.length > 1) remove.push(...surplus(sync, running));
}

/** Whether the pod has ended; notes it for deletion, a failed one unless that happened to this node a moment ago. */
function isFinished(sync: DaemonSync, pod: Pod, node: string, remove: string[]): boolean {
  const { daemonSet, recorder, failedPods, queue, key } = sync;
  const who = `${pod.metadata.namespace ?? ''}/${pod.metadata.name} on node ${node}`;
  if (pod.status?.phase === 'Succeeded') {
    recorder.event(daemonSet, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${who}, will try to delete it`);
    remove.push(pod.metadata.name);
    return true;
  }
  if (pod.status?.phase !== 'Failed') return false;
  const backoffKey = `${daemonSet.metadata.uid}/${daemonSet.status?.observedGeneration ?? 0}/${node}`;
  const wait = failedPods.waiting(backoffKey);
  if (wait > 0) {
    queue.addAfter(key, wait);
    return true;
  }
  failedPods.next(backoffKey);
  recorder.event(daemonSet, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${who}, will try to kill it`);
  remove.push(pod.metadata.name);
  return true;
}

/** While surging, the oldest new and the oldest old pod may stand side by side until the new one is available. */
function surplus({ hash, daemonSet, clock }: DaemonSync, running: readonly Pod[]): string[] {
  const remove: string[] = [];
  let fresh: Pod | undefined;
  let old: Pod | undefined;
  for (const pod of running) {
    if (pod.metadata.labels?.[HASH_LABEL] === hash && fresh === undefined) fresh = pod;
    else if (pod.metadata.labels?.[HASH_LABEL] !== hash && old === undefined) old = pod;
    else remove.push(pod.metadata.name);
  }
  const canReplace = fresh !== undefined && old !== undefined && (!isPodReady(old) || isPodAvailable(fresh, daemonSet.spec.minReadySeconds ?? 0, clock));
  if (canReplace && old !== undefined) remove.push(old.metadata.name);
  return remove;
}

/** Carries out creations and deletions, at most 250 of each; what is asked for is expected before it is asked. */
export function* syncNodes(sync: DaemonSync, remove: readonly string[], create: readonly string[]): Task<Err> {
  const { expectations, key } = sync;
  const toCreate = create.slice(0, BURST_REPLICAS);
  const toRemove = remove.slice(0, BURST_REPLICAS);
  expectations.set(key, toCreate.length, toRemove.length);
  const { successes, error } = yield* slowStartBatch(sync.process, toCreate.length, 1, (at) => createOn(sync, toCreate[at] as string));
  for (let skipped = toCreate.length - successes; skipped > 0; skipped--) expectations.creationObserved(key);
  const errors = yield* sync.process.join(toRemove.map((name) => removeOne(sync, name)));
  return aggregate([error, ...errors]);
}

function* createOn(sync: DaemonSync, node: string): Task<Err> {
  const failed = yield* sync.podControl.create(daemonDraft(sync, node), sync.daemonSet);
  return isNamespaceTerminating(failed) ? undefined : failed;
}

function* removeOne({ expectations, key, daemonSet, podControl }: DaemonSync, name: string): Task<Err> {
  const failed = yield* podControl.delete(daemonSet.metadata.namespace ?? '', name, daemonSet);
  if (failed === undefined) return undefined;
  expectations.deletionObserved(key);
  return failed.status?.reason === 'NotFound' ? undefined : failed;
}

/** The pod for one node: the scheduler binds it, bound by a node affinity that allows only this node. */
function daemonDraft({ daemonSet, hash }: DaemonSync, node: string): PodDraft {
  const { template } = daemonSet.spec;
  const generation = daemonSet.metadata.annotations?.[GENERATION_ANNOTATION];
  const labels = { ...template.metadata?.labels, ...(generation === undefined ? {} : { [GENERATION_LABEL]: generation }), [HASH_LABEL]: hash };
  const draft = podFromTemplate(template, daemonSet, newControllerRef(daemonSet, DAEMON_SET_KIND), { labels });
  return { ...draft, spec: { ...draft.spec, tolerations: daemonTolerations(draft.spec), affinity: affinityTo(draft.spec, node) } };
}

function affinityTo(spec: core.PodSpec, node: string): core.Affinity {
  const requiredDuringSchedulingIgnoredDuringExecution = {
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
  };
  return { ...spec.affinity, nodeAffinity: { ...spec.affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution } };
}

/** Whether the spec of this DaemonSet selects everything, which is refused. */
export const selectsEverything = ({ spec }: DaemonSet): boolean =>
  Object.keys(spec.selector.matchLabels ?? {}).length === 0 && (spec.selector.matchExpressions ?? []).length === 0;
