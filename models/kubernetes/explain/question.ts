/**
 * `why` for objects: picks the argument that answers what people ask about an object of this kind in this state.
 */
import { selectorFromSet, selectorMatches } from '../object/selector.ts';
import { isConditionTrue } from '../object/meta.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { Deployment, EndpointSlice, KubeObject, Namespace, Node, Pod, ReplicaSet, Service } from '../object/types.ts';
import { eventsOf, lastControl, lastWrite, writerName, type Argument, type Claim, type Place } from './argument.ts';
import type { Named } from './ask.ts';
import { whyGone, whyPod } from './pod.ts';
import { keyOf, kindNamed, listObjects } from './store-view.ts';
import { whyWorkload } from './workload.ts';

/** The argument for an object, by its kind, namespace and name. */
export function whyObject(place: Place, info: Named, namespace: string | undefined, name: string): Argument {
  const key = keyOf(info, namespace, name);
  const stored = place.view.objects.get(key);
  const label = `${info.kind} ${info.namespaced ? `${namespace ?? 'default'}/` : ''}${name}`;
  if (stored === undefined) return whyGone(place, key, label);
  const { object } = stored;
  switch (info.resource) {
    case 'pods':
      return whyPod(place, object as Pod);
    case 'services':
      return whyService(place, object as Service);
    case 'deployments':
      return whyDeployment(place, key, object as Deployment);
    case 'replicasets':
      return whyReplicaSet(place, object as ReplicaSet);
    case 'namespaces':
      return whyNamespace(place, key, object as Namespace);
    case 'nodes':
      return whyNodeState(place, key, object as Node);
    default:
      return whyWorkload(place, key, label, object) ?? whyAny(place, key, label, object);
  }
}

function all<T extends KubeObject>(place: Place, plural: string, namespace?: string): T[] {
  return listObjects(place.view, kindNamed(plural) as KindInfo, namespace === undefined ? {} : { namespace }) as T[];
}

function whyService(place: Place, service: Service): Argument {
  const { metadata, spec } = service;
  const name = `Service ${metadata.namespace}/${metadata.name}`;
  if (spec.type === 'ExternalName') return { question: `Why does ${name} have no endpoints?`, claims: [{ text: `it is only a name for ${spec.externalName}` }] };
  const slices = all<EndpointSlice>(place, 'endpointslices', metadata.namespace).filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name);
  const endpoints = slices.flatMap((slice) => slice.endpoints ?? []);
  const ready = endpoints.filter((endpoint) => endpoint.conditions?.ready !== false);
  const question = ready.length === 0 ? `Why does ${name} have no endpoints?` : `Which endpoints does ${name} have, and why?`;
  const claims: Claim[] = [{ text: `its EndpointSlices have ${ready.length} ready of ${endpoints.length} endpoints` }];
  if (spec.selector === undefined || Object.keys(spec.selector).length === 0) {
    return { question, claims: [...claims, { text: 'it has no selector, so nobody makes EndpointSlices for it' }] };
  }
  const pods = all<Pod>(place, 'pods', metadata.namespace);
  const selected = pods.filter((pod) => selectorMatches(selectorFromSet(spec.selector), pod.metadata.labels));
  const wanted = Object.entries(spec.selector).map(([key, value]) => `${key}=${value}`).join(',');
  if (selected.length === 0) {
    const write = lastWrite(place, keyOf(kindNamed('services') as KindInfo, metadata.namespace, metadata.name as string), '/spec/selector');
    const none: Claim = { text: `no pod in its namespace has the labels ${wanted}, which it selects${write === undefined ? '' : `; ${writerName(write.writer)} wrote that selector`}`, ...(write === undefined ? {} : { seq: write.record.seq }) };
    return { question, claims: [...claims, none, ...nearMisses(pods, spec.selector)], ...(write === undefined ? {} : { decisive: write.record.seq }) };
  }
  claims.push({ text: `${selected.length} pods have the labels ${wanted}` });
  let decisive: number | undefined;
  for (const pod of selected) {
    if (isConditionTrue(pod.status.conditions, 'Ready') && pod.metadata.deletionTimestamp === undefined) continue;
    const argument = whyPod(place, pod);
    claims.push({ text: `${argument.question.slice('Why is '.length, -1)}: ${argument.claims.map((claim) => claim.text).join('; ')}`, ...(argument.decisive === undefined ? {} : { seq: argument.decisive }) });
    decisive ??= argument.decisive;
  }
  claims.push(...portClaims(service, selected));
  return { question, claims, ...(decisive === undefined ? {} : { decisive }) };
}

/** Pods that miss the selector by one label: by another value that looks like it, or by one of several labels. */
function nearMisses(pods: readonly Pod[], selector: Readonly<Record<string, string>>): Claim[] {
  const claims: Claim[] = [];
  for (const pod of pods) {
    const missing = Object.entries(selector).filter(([key, value]) => pod.metadata.labels?.[key] !== value);
    if (missing.length !== 1 || claims.length >= 5) continue;
    const [key, value] = missing[0] as [string, string];
    const has = pod.metadata.labels?.[key];
    if (Object.keys(selector).length === 1 && (has === undefined || !isAlike(has, value))) continue;
    claims.push({ text: `pod ${pod.metadata.name} has ${has === undefined ? `no label ${key}` : `${key}=${has}`}, not ${key}=${value}` });
  }
  return claims;
}

/** True when one text becomes the other by at most two changed, added, missing or swapped letters, and not by more than half of them. */
function isAlike(x: string, y: string): boolean {
  const [a, b] = [x.toLowerCase(), y.toLowerCase()];
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, (row[j - 1] as number) + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  const distance = row[b.length] as number;
  return distance <= 2 && distance * 2 <= Math.max(a.length, b.length);
}

function portClaims(service: Service, pods: readonly Pod[]): Claim[] {
  return (service.spec.ports ?? []).flatMap(({ targetPort, port }) => {
    if (typeof targetPort !== 'string') return [];
    const lacking = pods.filter((pod) => !pod.spec.containers.some((container) => (container.ports ?? []).some((each) => each.name === targetPort)));
    return lacking.length === 0 ? [] : [{ text: `port ${port} goes to the container port named "${targetPort}", which ${lacking.map((pod) => pod.metadata.name).join(', ')} does not have` }];
  });
}

function whyDeployment(place: Place, key: string, deployment: Deployment): Argument {
  const { metadata, spec, status } = deployment;
  const wanted = spec.replicas ?? 1;
  const name = `Deployment ${metadata.namespace}/${metadata.name}`;
  const isDone = (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) && (status.updatedReplicas ?? 0) === wanted && (status.availableReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted;
  const question = isDone ? `Is the rollout of ${name} done?` : `Why is the rollout of ${name} not done?`;
  const claims: Claim[] = [{ text: `${status.updatedReplicas ?? 0} of ${wanted} replicas are updated, ${status.availableReplicas ?? 0} available, ${status.replicas ?? 0} exist` }];
  const write = lastWrite(place, key, '/spec/template') ?? lastWrite(place, key, '/spec');
  if (write !== undefined) claims.push({ text: `its template was last written by ${writerName(write.writer)}`, seq: write.record.seq });
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) claims.push({ text: 'its controller has not seen the newest change yet' }, ...downManager(place));
  if (spec.paused === true) claims.push({ text: 'it is paused' });
  for (const condition of status.conditions ?? []) {
    const isBad = (condition.type === 'ReplicaFailure' && condition.status === 'True') || (condition.type !== 'ReplicaFailure' && condition.status === 'False');
    if (isBad) claims.push({ text: `${condition.type}=${condition.status}: ${condition.reason ?? ''}: ${condition.message ?? ''}` });
  }
  let decisive = write?.record.seq;
  const sets = all<ReplicaSet>(place, 'replicasets', metadata.namespace).filter((set) => owns(deployment, set));
  const [newest] = [...sets].sort((x, y) => Number(y.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0) - Number(x.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0));
  if (!isDone && newest !== undefined) {
    const inner = whyReplicaSet(place, newest);
    claims.push(...inner.claims.map((claim) => ({ ...claim, text: `${newest.metadata.name}: ${claim.text}` })));
    decisive = inner.decisive ?? decisive;
  }
  return { question, claims, ...(decisive === undefined ? {} : { decisive }) };
}

function owns(owner: KubeObject, object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === owner.metadata.uid && reference.controller === true);
}

function whyReplicaSet(place: Place, set: ReplicaSet): Argument {
  const wanted = set.spec.replicas ?? 1;
  const claims: Claim[] = [{ text: `${set.status.readyReplicas ?? 0} of ${wanted} pods are ready, ${set.status.replicas ?? 0} exist` }];
  let decisive: number | undefined;
  for (const event of eventsOf(place, set, ['FailedCreate']).slice(0, 1)) {
    claims.push({ text: `creating pods fails: ${event.message}`, seq: event.seq });
    decisive = event.seq;
  }
  for (const pod of all<Pod>(place, 'pods', set.metadata.namespace)) {
    if (!owns(set, pod) || isConditionTrue(pod.status.conditions, 'Ready')) continue;
    const inner = whyPod(place, pod);
    claims.push({ text: `${inner.question.slice('Why is '.length, -1)}: ${inner.claims.map((claim) => claim.text).join('; ')}`, ...(inner.decisive === undefined ? {} : { seq: inner.decisive }) });
    decisive ??= inner.decisive;
    if (claims.length > 5) break;
  }
  return { question: `Why is ReplicaSet ${set.metadata.namespace}/${set.metadata.name} as it is?`, claims, ...(decisive === undefined ? {} : { decisive }) };
}

function downManager(place: Place): Claim[] {
  const control = lastControl(place, 'kube-controller-manager');
  return control?.kind === 'crash' || control?.kind === 'pause' ? [{ text: `kube-controller-manager is down (${control.kind})`, seq: control.seq }] : [];
}

function whyNamespace(place: Place, key: string, namespace: Namespace): Argument {
  const { metadata, spec, status } = namespace;
  if (metadata.deletionTimestamp === undefined) return whyAny(place, key, `Namespace ${metadata.name}`, namespace);
  const asked = lastWrite(place, key, '/metadata/deletionTimestamp');
  const claims: Claim[] = asked === undefined ? [] : [{ text: `its deletion was asked for by ${writerName(asked.writer)}`, seq: asked.record.seq }];
  for (const condition of status.conditions ?? []) {
    if (condition.status === 'True') claims.push({ text: `${condition.type}: ${condition.message ?? condition.reason ?? ''}` });
  }
  const rest: string[] = [];
  for (const [other, stored] of place.view.objects) {
    if (!other.includes(`/${metadata.name}/`) || other.startsWith('/registry/events/')) continue;
    const { object } = stored;
    if (object.metadata.namespace !== metadata.name) continue;
    const finalizers = object.metadata.finalizers ?? [];
    rest.push(`${object.kind} ${object.metadata.name}${finalizers.length === 0 ? '' : ` (finalizers: ${finalizers.join(', ')})`}`);
  }
  if (rest.length > 0) claims.push({ text: `${rest.length === 1 ? '1 object is' : `${rest.length} objects are`} left in it: ${rest.slice(0, 8).join(', ')}${rest.length > 8 ? ', …' : ''}` });
  const finalizers = [...(spec.finalizers ?? []), ...(metadata.finalizers ?? [])];
  if (finalizers.length > 0) claims.push({ text: `its own finalizers: ${finalizers.join(', ')}` });
  claims.push(...downManager(place));
  return { question: `Why is Namespace ${metadata.name} Terminating?`, claims, ...(asked === undefined ? {} : { decisive: asked.record.seq }) };
}

function whyNodeState(place: Place, key: string, node: Node): Argument {
  const name = node.metadata.name as string;
  const claims: Claim[] = [];
  for (const condition of node.status.conditions ?? []) {
    const isBad = condition.type === 'Ready' ? condition.status !== 'True' : condition.status === 'True';
    if (isBad) claims.push({ text: `${condition.type}=${condition.status}: ${condition.reason ?? ''}: ${condition.message ?? ''}` });
  }
  for (const taint of node.spec.taints ?? []) claims.push({ text: `taint ${taint.key}${taint.value === undefined ? '' : `=${taint.value}`}:${taint.effect}` });
  const control = lastControl(place, `kubelet/${name}`);
  if (control !== undefined) claims.push({ text: `the last thing done to its kubelet: ${control.kind}`, seq: control.seq });
  const write = lastWrite(place, key, '/status/conditions');
  if (write !== undefined) claims.push({ text: `its conditions were last written by ${writerName(write.writer)}`, seq: write.record.seq });
  const decisive = control?.seq ?? write?.record.seq;
  const isReady = isConditionTrue(node.status.conditions, 'Ready');
  return { question: isReady ? `Why is Node ${name} as it is?` : `Why is Node ${name} not Ready?`, claims: isReady ? [{ text: 'it is Ready' }, ...claims] : claims, ...(decisive === undefined ? {} : { decisive }) };
}

/** What can be said of any object: its conditions, its warnings, its last writer. */
function whyAny(place: Place, key: string, label: string, object: KubeObject): Argument {
  const claims: Claim[] = [];
  const conditions = (object['status'] as { conditions?: { type: string; status: string; reason?: string; message?: string }[] } | undefined)?.conditions ?? [];
  for (const { type, status, reason, message } of conditions) claims.push({ text: `${type}=${status}${reason === undefined ? '' : `: ${reason}`}${message === undefined ? '' : `: ${message}`}` });
  for (const event of eventsOf(place, object).slice(0, 3)) claims.push({ text: `${event.reason}: ${event.message}`, seq: event.seq });
  const write = lastWrite(place, key, '');
  if (write !== undefined) claims.push({ text: `it was last written by ${writerName(write.writer)}`, seq: write.record.seq });
  return { question: `Why is ${label} as it is?`, claims, ...(write === undefined ? {} : { decisive: write.record.seq }) };
}
