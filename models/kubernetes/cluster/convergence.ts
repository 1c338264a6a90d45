/**
 * Has the cluster reached what its objects ask for? If not, what is pending, in words.
 *
 * The rule is Anvil's "eventually stable reconciliation": every workload's status matches its spec, every Service's endpoints
 * are the ready pods it selects, nothing is being deleted; and it must stay so for a while.
 */
import { selectorFromSet, selectorMatches } from '../object/selector.ts';
import type { DaemonSet, Deployment, EndpointSlice, Job, KubeObject, Pod, ReplicaSet, Service, StatefulSet } from '../object/types.ts';

/** Reads the store: all objects of a resource by their key prefix (`pods`, `services/specs`). */
export type Read = (prefix: string) => readonly KubeObject[];

/** Everything that is not as it should be, one sentence each; empty when the cluster has converged. */
export function pendingReasons(read: Read): string[] {
  const reasons: string[] = [];
  for (const entry of CHECKS) {
    for (const object of read(entry.prefix)) {
      const why = object.metadata.deletionTimestamp === undefined ? entry.check(object, read) : 'is being deleted';
      if (why !== undefined) reasons.push(`${name(object)} ${why}`);
    }
  }
  return reasons;
}

interface Check {
  readonly prefix: string;
  readonly check: (object: never, read: Read) => string | undefined;
}

const CHECKS: readonly { readonly prefix: string; readonly check: (object: KubeObject, read: Read) => string | undefined }[] = (
  [
    { prefix: 'deployments', check: deployment },
    { prefix: 'replicasets', check: replicaSet },
    { prefix: 'statefulsets', check: statefulSet },
    { prefix: 'daemonsets', check: daemonSet },
    { prefix: 'jobs', check: job },
    { prefix: 'pods', check: pod },
    { prefix: 'services/specs', check: service },
    { prefix: 'namespaces', check: () => undefined },
  ] as const satisfies readonly Check[]
).map(({ prefix, check }) => ({ prefix, check: check as (object: KubeObject, read: Read) => string | undefined }));

function name({ kind, metadata }: KubeObject): string {
  const place = metadata.namespace === undefined || metadata.namespace === 'default' ? '' : `${metadata.namespace}/`;
  return `${kind.toLowerCase()} ${place}${metadata.name}`;
}

const isStale = (object: KubeObject): boolean => (object['status']?.observedGeneration ?? 0) < (object.metadata.generation ?? 0);

function deployment(object: Deployment): string | undefined {
  const { spec, status } = object;
  const wanted = spec.replicas ?? 1;
  if (isStale(object)) return 'has a change that its controller has not seen yet';
  if ((status.updatedReplicas ?? 0) !== wanted) return `has ${status.updatedReplicas ?? 0} of ${wanted} replicas updated`;
  if ((status.replicas ?? 0) !== wanted) return `has ${status.replicas ?? 0} replicas, ${wanted} are wanted`;
  return (status.availableReplicas ?? 0) === wanted ? undefined : `has ${status.availableReplicas ?? 0} of ${wanted} replicas available`;
}

function replicaSet(object: ReplicaSet): string | undefined {
  const wanted = object.spec.replicas ?? 1;
  if (isStale(object)) return 'has a change that its controller has not seen yet';
  if ((object.status.replicas ?? 0) !== wanted) return `has ${object.status.replicas ?? 0} replicas, ${wanted} are wanted`;
  return (object.status.readyReplicas ?? 0) === wanted ? undefined : `has ${object.status.readyReplicas ?? 0} of ${wanted} pods ready`;
}

function statefulSet(object: StatefulSet): string | undefined {
  const wanted = object.spec.replicas ?? 1;
  const { readyReplicas = 0, currentRevision, updateRevision } = object.status;
  if (isStale(object)) return 'has a change that its controller has not seen yet';
  if (readyReplicas !== wanted) return `has ${readyReplicas} of ${wanted} pods ready`;
  const rolls = object.spec.updateStrategy?.type !== 'OnDelete' && (object.spec.updateStrategy?.rollingUpdate?.partition ?? 0) === 0;
  return rolls && currentRevision !== updateRevision ? 'is rolling out a new revision' : undefined;
}

function daemonSet(object: DaemonSet): string | undefined {
  const { desiredNumberScheduled = 0, numberReady = 0, updatedNumberScheduled = 0 } = object.status;
  if (isStale(object)) return 'has a change that its controller has not seen yet';
  if (numberReady !== desiredNumberScheduled) return `has ${numberReady} of ${desiredNumberScheduled} pods ready`;
  const rolls = object.spec.updateStrategy?.type !== 'OnDelete';
  return rolls && updatedNumberScheduled !== desiredNumberScheduled ? `has ${updatedNumberScheduled} of ${desiredNumberScheduled} pods updated` : undefined;
}

function job({ spec, status }: Job): string | undefined {
  if (spec.suspend === true) return undefined;
  const isFinished = (status.conditions ?? []).some(({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True');
  return isFinished ? undefined : `has ${status.succeeded ?? 0} of ${spec.completions ?? spec.parallelism ?? 1} completions`;
}

function pod({ metadata, spec, status }: Pod): string | undefined {
  const { phase = 'Pending' } = status;
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  if (!spec.nodeName) {
    const why = (status.conditions ?? []).find(({ type }) => type === 'PodScheduled')?.message;
    return why === undefined ? 'is not scheduled yet' : `is not scheduled: ${why}`;
  }
  const isReady = (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');
  // Also a pod too many, made by a controller that did not know yet that its Job was finished, runs to its end.
  if (isReady) return metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Job' && controller === true) ? 'has not finished its work for a Job' : undefined;
  const waiting = (status.containerStatuses ?? []).find(({ ready }) => !ready);
  const why = waiting?.state?.waiting?.reason ?? waiting?.state?.terminated?.reason;
  return why === undefined ? 'is not ready' : `is not ready: container ${waiting?.name} is in ${why}`;
}

function service({ metadata, spec }: Service, read: Read): string | undefined {
  if (spec.selector === undefined || spec.type === 'ExternalName') return undefined;
  const selector = selectorFromSet(spec.selector);
  const ready = (read('pods') as readonly Pod[]).filter(
    (candidate) =>
      candidate.metadata.namespace === metadata.namespace &&
      candidate.metadata.deletionTimestamp === undefined &&
      selectorMatches(selector, candidate.metadata.labels) &&
      (candidate.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
  );
  const addresses = (read('endpointslices') as readonly EndpointSlice[])
    .filter((slice) => slice.metadata.namespace === metadata.namespace && slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name)
    .flatMap((slice) => (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap((endpoint) => endpoint.addresses));
  const expected = new Set(ready.map((candidate) => candidate.status.podIP));
  const found = new Set(addresses);
  const isSame = expected.size === found.size && [...expected].every((ip) => found.has(ip ?? ''));
  return isSame ? undefined : `has ${found.size} ready endpoints, ${expected.size} pods are ready`;
}
