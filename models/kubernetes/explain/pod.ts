/**
 * Why a Pod is as it is: Pending, not Ready, restarting, on that node, being deleted, gone.
 */
import { isConditionTrue } from '../object/meta.ts';
import type { core, Node, Pod } from '../object/types.ts';
import { eventsOf, lastControl, lastFact, lastWrite, writerName, type Argument, type Claim, type Place } from './argument.ts';
import { keyOf, kindNamed } from './store-view.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';

/** The argument for a pod that exists. */
export function whyPod(place: Place, pod: Pod): Argument {
  const { metadata, spec, status } = pod;
  const name = `Pod ${metadata.namespace}/${metadata.name}`;
  const key = podKey(metadata.namespace, metadata.name as string);
  if (metadata.deletionTimestamp !== undefined) return { question: `Why is ${name} being deleted?`, ...whyTerminating(place, key, pod) };
  const phase = status.phase ?? 'Pending';
  if (phase === 'Failed') return { question: `Why did ${name} fail?`, ...whyFailed(place, key, pod) };
  if (phase === 'Succeeded') return { question: `Why has ${name} ended?`, ...atWrite(place, key, '/status/phase', 'all its containers ended with code 0') };
  if (!spec.nodeName) return { question: `Why is ${name} Pending?`, ...whyUnscheduled(place, key, pod) };
  if (phase === 'Pending') return { question: `Why is ${name} Pending?`, ...whyStarting(place, key, pod) };
  const restarts = restartClaims(place, pod);
  if (!isConditionTrue(status.conditions, 'Ready')) {
    const unready = whyUnready(place, key, pod);
    return { question: `Why is ${name} not Ready?`, ...unready, claims: [...unready.claims, ...restarts] };
  }
  const node = whyNode(place, key, pod);
  if (restarts.length > 0) return { question: `Why does ${name} restart?`, claims: [...restarts, ...node.claims], ...decided(restarts) };
  const down = downClaim(place, spec.nodeName);
  const stale = down === undefined ? [] : [{ ...down, text: `${down.text}, so that is what was so before` }];
  return { question: `Why is ${name} as it is?`, claims: [{ text: 'it is Running and Ready' }, ...stale, ...node.claims], ...decided(node.claims) };
}

type Found = Pick<Argument, 'claims' | 'decisive'>;

function podKey(namespace: string | undefined, name: string): string {
  return keyOf(kindNamed('pods') as KindInfo, namespace, name);
}

/** The record of the last claim that has one. */
function decided(claims: readonly Claim[]): { decisive?: number } {
  for (let i = claims.length - 1; i >= 0; i--) {
    const seq = claims[i]?.seq;
    if (seq !== undefined) return { decisive: seq };
  }
  return {};
}

function atWrite(place: Place, key: string, pointer: string, text: string): Found {
  const write = lastWrite(place, key, pointer);
  if (write === undefined) return { claims: [{ text }] };
  return { claims: [{ text: `${text} (written by ${writerName(write.writer)})`, seq: write.record.seq }], decisive: write.record.seq };
}

function whyUnscheduled(place: Place, key: string, pod: Pod): Found {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const gates = (pod.spec as { schedulingGates?: { name: string }[] }).schedulingGates ?? [];
  if (gates.length > 0) return { claims: [{ text: `it has scheduling gates: ${gates.map((gate) => gate.name).join(', ')}` }] };
  const decision = lastFact(place, 'scheduler.decision', name, () => true);
  const crash = lastControl(place, 'kube-scheduler');
  if (decision === undefined) {
    const created = lastWrite(place, key, '');
    const claims: Claim[] = [{ text: 'kube-scheduler has never looked at it' }];
    if (crash?.kind === 'crash' || crash?.kind === 'pause') claims.push({ text: `kube-scheduler is down (${crash.kind})`, seq: crash.seq });
    else if (pod.spec.schedulerName !== undefined && pod.spec.schedulerName !== 'default-scheduler') {
      claims.push({ text: `it asks for the scheduler "${pod.spec.schedulerName}", not for kube-scheduler's "default-scheduler"` });
    } else claims.push({ text: 'it was created and no decision followed yet', ...(created === undefined ? {} : { seq: created.record.seq }) });
    return { claims, ...decided(claims) };
  }
  const fact = decision.facts.find((each) => each.kind === 'scheduler.decision')?.data as { result?: string; message?: string; plugins?: string[]; attempt?: number; nominated?: string; node?: string };
  if (fact.result === 'scheduled') {
    return { claims: [{ text: `kube-scheduler chose ${fact.node}, and the binding is not written yet`, seq: decision.seq }], decisive: decision.seq };
  }
  const claims: Claim[] = [{ text: `kube-scheduler found no node for it (attempt ${fact.attempt ?? 1}): ${fact.message ?? ''}`, seq: decision.seq }];
  if ((fact.plugins ?? []).length > 0) claims.push({ text: `the filters that said no: ${(fact.plugins ?? []).join(', ')}` });
  if (fact.nominated !== undefined) claims.push({ text: `it waits for pods on ${fact.nominated} to leave for it (preemption)` });
  return { claims, decisive: decision.seq };
}

function whyStarting(place: Place, key: string, pod: Pod): Found {
  const node = pod.spec.nodeName as string;
  const claims: Claim[] = [];
  const bound = lastWrite(place, key, '/spec/nodeName');
  claims.push({ text: `it was given to ${node} by ${bound === undefined ? 'its author' : writerName(bound.writer)}`, ...(bound === undefined ? {} : { seq: bound.record.seq }) });
  const down = downClaim(place, node);
  if (down !== undefined) claims.push(down);
  if (pod.status.startTime === undefined) {
    claims.push({ text: `the kubelet of ${node} has not reported anything about it yet` });
    return { claims, ...decided(claims) };
  }
  claims.push(...containerClaims(place, pod));
  return { claims, ...decided(claims) };
}

function whyUnready(place: Place, key: string, pod: Pod): Found {
  const claims = containerClaims(place, pod);
  const down = downClaim(place, pod.spec.nodeName as string);
  if (down !== undefined) claims.push(down);
  for (const gate of pod.spec.readinessGates ?? []) {
    if (!isConditionTrue(pod.status.conditions, gate.conditionType)) claims.push({ text: `its readiness gate ${gate.conditionType} is not True` });
  }
  const ready = lastWrite(place, key, '/status/conditions');
  const started = claims.length === 1 && claims[0]?.text.includes(' runs, but: ') ? runningFact(place, pod) : undefined;
  if (started !== undefined) return { claims, decisive: started.seq };
  if (claims.length === 0 && ready !== undefined) claims.push({ text: `its Ready condition was last written by ${writerName(ready.writer)}`, seq: ready.record.seq });
  return { claims, ...decided(claims) };
}

/** What is wrong with each container that is not as it should be. */
function containerClaims(place: Place, pod: Pod): Claim[] {
  const { status } = pod;
  const claims: Claim[] = [];
  const inits = status.initContainerStatuses ?? [];
  const waitingInit = inits.find((each) => !each.ready && each.state?.terminated?.exitCode !== 0);
  const shownStatuses = waitingInit === undefined ? (status.containerStatuses ?? []) : [waitingInit];
  for (const each of shownStatuses) {
    const claim = containerClaim(place, pod, each, waitingInit === undefined ? 'container' : 'init container');
    if (claim !== undefined) claims.push(claim);
  }
  if (status.containerStatuses === undefined && waitingInit === undefined) claims.push({ text: 'none of its containers was made yet' });
  return claims;
}

function containerClaim(place: Place, pod: Pod, each: core.ContainerStatus, what: string): Claim | undefined {
  const name = `${what} ${each.name}`;
  const waiting = each.state?.waiting;
  if (waiting !== undefined) {
    const last = each.lastState?.terminated;
    const before = last === undefined ? '' : `; before that it exited with code ${last.exitCode} (${last.reason ?? 'no reason'})`;
    return withFact(place, pod, each, { text: `${name} waits: ${waiting.reason ?? 'no reason'}${waiting.message === undefined ? '' : `: ${waiting.message}`}${before}` });
  }
  if (each.state?.terminated !== undefined) {
    const { exitCode, reason } = each.state.terminated;
    return withFact(place, pod, each, { text: `${name} exited with code ${exitCode} (${reason ?? 'no reason'})` });
  }
  if (each.ready) return undefined;
  const probes = eventsOf(place, pod, ['Unhealthy']).filter((event) => event.message.startsWith('Readiness') || event.message.startsWith('Startup'));
  const probe = probes[0];
  if (probe !== undefined) return { text: `${name} runs, but: ${probe.message.trim()} (${probe.count} times)`, seq: probe.seq };
  return withFact(place, pod, each, { text: `${name} runs and is not ready yet` });
}

/** The record in which a container of the pod began to run, the last one. */
function runningFact(place: Place, pod: Pod): { readonly seq: number } | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  return lastFact(place, 'container', name, (fact) => fact['state'] === 'RUNNING');
}

/** Adds the runtime's record of the container's last change; removing what has ended is none. */
function withFact(place: Place, pod: Pod, status: core.ContainerStatus, claim: Claim): Claim {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const record = lastFact(place, 'container', name, (fact) => fact['container'] === status.name && fact['state'] !== 'REMOVED');
  return record === undefined ? claim : { ...claim, seq: record.seq };
}

function restartClaims(place: Place, pod: Pod): Claim[] {
  const claims: Claim[] = [];
  for (const each of pod.status.containerStatuses ?? []) {
    if (each.restartCount === 0) continue;
    const last = each.lastState?.terminated;
    const killed = eventsOf(place, pod, ['Killing', 'Unhealthy']).find((event) => event.message.includes('iveness') || event.message.includes('tartup'));
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const exit = lastFact(place, 'container', name, (fact) => fact['container'] === each.name && fact['state'] === 'EXITED');
    const how = last === undefined ? '' : `; last it exited with code ${last.exitCode} (${last.reason ?? 'no reason'})`;
    claims.push({ text: `container ${each.name} was restarted ${each.restartCount} times${how}`, ...(exit === undefined ? {} : { seq: exit.seq }) });
    if (killed !== undefined) claims.push({ text: killed.message.trim(), seq: killed.seq });
    claims.push({ text: `its restartPolicy is ${pod.spec.restartPolicy ?? 'Always'}` });
  }
  return claims;
}

function whyNode(place: Place, key: string, pod: Pod): Found {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const decision = lastFact(place, 'scheduler.decision', name, (fact) => fact['result'] === 'scheduled');
  if (decision !== undefined) {
    const fact = decision.facts.find((each) => each.kind === 'scheduler.decision')?.data as { node?: string; feasible?: number; evaluated?: number };
    const text = `it is on ${fact.node} because kube-scheduler chose that node: ${fact.feasible} of the ${fact.evaluated} nodes it looked at were feasible`;
    return { claims: [{ text, seq: decision.seq }], decisive: decision.seq };
  }
  return atWrite(place, key, '/spec/nodeName', `it is on ${pod.spec.nodeName}`);
}

function whyTerminating(place: Place, key: string, pod: Pod): Found {
  const asked = lastWrite(place, key, '/metadata/deletionTimestamp');
  const claims: Claim[] = [];
  if (asked !== undefined) claims.push({ text: `its deletion was asked for by ${writerName(asked.writer)}`, seq: asked.record.seq });
  for (const { type, status, reason, message } of pod.status.conditions ?? []) {
    if (type === 'DisruptionTarget' && status === 'True') claims.push({ text: `${type}: ${reason ?? ''}: ${message ?? ''}` });
  }
  const finalizers = pod.metadata.finalizers ?? [];
  if (finalizers.length > 0) claims.push({ text: `it still has finalizers: ${finalizers.join(', ')}` });
  claims.push({ text: `its grace period is ${pod.metadata.deletionGracePeriodSeconds ?? 30} s, until ${pod.metadata.deletionTimestamp}` });
  const running = (pod.status.containerStatuses ?? []).filter((each) => each.state?.running !== undefined);
  if (running.length > 0) claims.push({ text: `containers that still run: ${running.map((each) => each.name).join(', ')}` });
  const down = pod.spec.nodeName === undefined ? undefined : downClaim(place, pod.spec.nodeName);
  if (down !== undefined) claims.push(down);
  return { claims, ...(asked === undefined ? {} : { decisive: asked.record.seq }) };
}

function whyFailed(place: Place, key: string, pod: Pod): Found {
  const { reason, message } = pod.status;
  const found = atWrite(place, key, '/status/phase', reason === undefined ? 'a container failed and is not restarted' : `${reason}: ${message ?? ''}`);
  const exits = (pod.status.containerStatuses ?? []).flatMap((each) => {
    const ended = each.state?.terminated;
    return ended === undefined || ended.exitCode === 0 ? [] : [withFact(place, pod, each, { text: `container ${each.name} exited with code ${ended.exitCode} (${ended.reason ?? 'no reason'})` })];
  });
  return { ...found, claims: [...exits, ...found.claims] };
}

/** Says that a node is not Ready or that its kubelet is down. */
function downClaim(place: Place, node: string): Claim | undefined {
  const stored = place.view.objects.get(keyOf(kindNamed('nodes') as KindInfo, undefined, node))?.object as Node | undefined;
  const control = lastControl(place, `kubelet/${node}`);
  if (control?.kind === 'crash' || control?.kind === 'pause') return { text: `the kubelet of ${node} is down (${control.kind})`, seq: control.seq };
  const ready = (stored?.status.conditions ?? []).find((condition) => condition.type === 'Ready');
  if (stored === undefined) return { text: `there is no node ${node}` };
  return ready === undefined || ready.status === 'True' ? undefined : { text: `node ${node} is not Ready: ${ready.reason ?? ''}: ${ready.message ?? ''}` };
}

/** The argument for a pod (or any object) that is no longer there. */
export function whyGone(place: Place, key: string, name: string): Argument {
  const gone = lastWrite(place, key, '');
  const question = `Why is there no ${name}?`;
  if (gone === undefined) return { question, claims: [{ text: 'it never existed in this run up to here' }] };
  const claims: Claim[] = [];
  const before: Place = { ...place, position: gone.record.seq };
  const asked = lastWrite(before, key, '/metadata/deletionTimestamp');
  if (asked !== undefined) claims.push({ text: `its deletion was asked for by ${writerName(asked.writer)}`, seq: asked.record.seq });
  claims.push({ text: `it was removed from the store for ${writerName(gone.writer)}`, seq: gone.record.seq });
  return { question, claims, decisive: (asked ?? gone).record.seq };
}
