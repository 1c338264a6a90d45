/**
 * Records of a cluster in plain words, for `why` and the time-travel view.
 *
 * Only steps that changed something people know have a sentence; requests, watch events and work queues between them are
 * left out of short answers.
 */
import type { Fact, Json, LogRecord } from '../../../src/index.ts';
import type { Link, Phrasebook } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import type { KubeObject } from '../object/types.ts';
import { requesterOf, touchField } from './blame.ts';
import { kubeletStartLink } from './kubelet-start.ts';
import { keyOf, kindNamed, sayKey, writesOf, type StoreView } from './store-view.ts';
import { newestFirst, NO_SEQS, type Seqs } from './trail.ts';

type Members = { readonly [key: string]: Json };

/** The cluster's phrasebook, for paths that begin at the moment of `view`: it knows where to look. */
export const phrasebookOf = (view: StoreView): Phrasebook => ({ say, root, links: (record, log) => links(record, log, view) });

export { say as sayRecord };

/** So many steps behind a request of the user is the command that it carries out. */
const COMMAND_WITHIN = 40;

/** What the user wants, the user wants: the path does not go through what they did before. A command of its own is told instead. */
function root(record: LogRecord, log: LogReader): string | undefined {
  if (record.actor !== 'kubectl' || record.via === 'input') return undefined;
  for (let at = record, steps = 0; at.cause >= 0 && steps < COMMAND_WITHIN; steps++) {
    at = log.at(at.cause);
    if (at.via === 'input') return undefined;
  }
  const { scenario } = (log.header.config ?? {}) as { readonly scenario?: { readonly steps?: readonly unknown[] } };
  return (scenario?.steps?.length ?? 0) > 0 ? "the user took the scenario's steps, one after the other" : "the user applied the run's manifests, one after the other";
}

/** Causes beside the message that woke an actor. */
function links(record: LogRecord, log: LogReader, view: StoreView): readonly Link[] {
  for (const fact of record.facts) {
    const link = linkOf(record, fact, log, view);
    if (link !== undefined) return [link];
  }
  return [];
}

function linkOf(record: LogRecord, fact: Fact, log: LogReader, view: StoreView): Link | undefined {
  if (fact.kind === 'etcd.put') return ownerLink(record, fact, log, view) ?? silenceLink(record, fact, log, view);
  if (fact.kind === 'container') return restartLink(record, fact, log, view);
  return fact.kind === 'sandbox' ? kubeletStartLink(record, fact, log, view) : undefined;
}

/**
 * A controller makes an object for its owner. When what woke it was only the create of a sibling, the owner is the reason; when a
 * sibling went away or changed, that is the reason, and the chain of messages tells it.
 */
function ownerLink(record: LogRecord, { data }: Fact, log: LogReader, view: StoreView): Link | undefined {
  const { value } = data as { value?: KubeObject };
  const owner = value?.metadata.ownerReferences?.find((reference) => reference.controller === true);
  if (value === undefined || owner === undefined || value.kind === 'EndpointSlice') return undefined;
  const info = kindNamed(`${owner.kind.toLowerCase()}${owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''}`);
  if (info === undefined) return undefined;
  const decision = requesterOf(log, record);
  if (!isWokenBySibling(log, decision, owner.uid)) return undefined;
  const write = touchField(log, view, keyOf(info, value.metadata.namespace, owner.name), '/spec', decision.seq);
  return write === undefined ? undefined : { seq: write.record.seq, because: `${decision.actor} serves its owner` };
}

/** A node whose status the controller manager writes has a kubelet that no longer does; what was done to it is the reason. */
function silenceLink(record: LogRecord, { data }: Fact, log: LogReader, view: StoreView): Link | undefined {
  const { key = '', edits = [] } = data as { key?: string; edits?: readonly (readonly [readonly (string | number)[], Json])[] };
  const prefix = '/registry/minions/';
  if (!key.startsWith(prefix) || !edits.some(([path, value]) => path[0] === 'status' && JSON.stringify(value).includes('Unknown'))) return undefined;
  if (requesterOf(log, record).actor !== 'kube-controller-manager') return undefined;
  const control = newestFirst(log, view.controls.get(`kubelet/${key.slice(prefix.length)}`) ?? NO_SEQS, record.seq).next().value ?? undefined;
  return control?.kind === 'crash' || control?.kind === 'pause' ? { seq: control.seq, because: 'its kubelet posts nothing any more' } : undefined;
}

/** How many steps a write may lie behind a decision. */
const WOKEN_WITHIN = 100;

/** True when the nearest write behind a decision made another object of the same owner, or an Event. */
function isWokenBySibling(log: LogReader, decision: LogRecord, owner: string): boolean {
  let at = decision;
  for (let steps = 0; at.cause >= 0 && steps < WOKEN_WITHIN; steps++) {
    at = log.at(at.cause);
    for (const { kind, data } of at.facts) {
      const { value, key = '' } = data as { value?: KubeObject; key?: string };
      if (kind === 'etcd.put') return key.startsWith('/registry/events/') || value?.metadata.ownerReferences?.some(({ uid }) => uid === owner) === true;
      if (kind === 'etcd.delete') return false;
    }
  }
  return false;
}

/** A container that is started again is because of how it ended; told is the first time. */
function restartLink(record: LogRecord, { data }: Fact, log: LogReader, view: StoreView): Link | undefined {
  const { attempt, pod, container, state } = data as { attempt?: number; pod?: string; container?: string; state?: string };
  if (attempt === undefined || attempt === 0 || pod === undefined || state === 'EXITED' || state === 'REMOVED') return undefined;
  const isFirstEnd = (fact: Fact): boolean => {
    const of = fact.data as { attempt?: number; pod?: string; container?: string; state?: string };
    return fact.kind === 'container' && of.pod === pod && of.container === container && of.attempt === 0 && of.state === 'EXITED';
  };
  const ended = firstOf(log, view.steps.get(pod) ?? NO_SEQS, record.seq, (each) => each.facts.some(isFirstEnd));
  return ended === undefined ? undefined : { seq: ended.seq, because: 'it had ended before, the first time so' };
}

function firstOf(log: LogReader, seqs: Seqs, before: number, is: (record: LogRecord) => boolean): LogRecord | undefined {
  for (const seq of seqs) {
    if (seq >= before) return undefined;
    const record = seq < 0 ? undefined : log.at(seq);
    if (record !== undefined && is(record)) return record;
  }
  return undefined;
}

function say(record: LogRecord, log: LogReader): string | undefined {
  if (record.via === 'control') return sayControl(record);
  if (record.via === 'input') return sayInput(record);
  const said = [...sayWrites(record, log), ...record.facts.flatMap((fact) => sayFact(fact, record) ?? [])];
  if (said.length > 0) return said.join('; ');
  return record.via === 'start' ? `${record.actor} started` : undefined;
}

function sayControl(record: LogRecord): string {
  const { reason, note } = (record.message ?? {}) as { reason?: string; note?: { fault: string; kind: string; phase: string } };
  if (note !== undefined) return `the fault ${note.fault} (${note.kind}) ${note.phase === 'begin' ? 'begins' : 'ends'}`;
  const what = { crash: 'crashed', restart: 'was started again', pause: 'was paused', resume: 'was resumed', slow: 'was slowed down', skew: 'had its clock moved' }[record.kind];
  return `${record.actor} ${what ?? record.kind}${reason === undefined ? '' : ` (${reason})`}`;
}

function sayInput(record: LogRecord): string {
  const { action, object } = (record.message ?? {}) as { action?: string; object?: { kind?: string; metadata?: { name?: string } } };
  if (record.kind === 'kubectl' && object === undefined) return 'the user gave the next command of the plan';
  if (record.kind === 'kubectl' && object !== undefined) return `the user asked to ${action} ${object.kind} ${object.metadata?.name ?? ''}`;
  const { verb, resource, namespace, name } = (record.message ?? {}) as { verb?: string; resource?: string; namespace?: string; name?: string };
  if (verb !== undefined) return `the user sent ${verb} ${resource ?? ''} ${[namespace, name].filter((part) => part !== undefined).join('/')}`;
  return `${record.actor} was given ${record.kind} from outside`;
}

function sayWrites(record: LogRecord, log: LogReader): string[] {
  const writes = writesOf(record);
  if (writes.length === 0) return [];
  const writer = requesterOf(log, record).actor;
  const by = writer === record.actor || writer.startsWith('kube-apiserver') ? writer : writer === 'kubectl' || writer === 'gateway' ? 'the user' : writer;
  return writes.map(({ key, what, edits }) => {
    const name = sayKey(key);
    if (what === 'create') return `${by} created ${name}`;
    if (what === 'delete') return `${by} removed ${name}`;
    const fields = [...new Set(edits.map(([path]) => path.filter((part) => typeof part === 'string').slice(0, 3).join('.')))]
      .filter((path) => !path.startsWith('metadata.managedFields') && path !== 'metadata.resourceVersion')
      .sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
    return `${by} changed ${name}${fields.length === 0 ? '' : ` (${fields.slice(0, 4).join(', ')}${fields.length > 4 ? ', …' : ''})`}`;
  });
}

/** The facts of components, in words. */
function sayFact({ kind, data }: Fact, record: LogRecord): string | undefined {
  const fact = data as Members;
  switch (kind) {
    case 'scheduler.decision':
      return sayDecision(fact);
    case 'container':
      return sayContainer(fact, record.actor);
    case 'sandbox':
      return `the sandbox of pod ${text(fact['pod'])} is ${text(fact['state'])} on ${nodeOf(record.actor)}`;
    case 'image':
      return `image ${text(fact['name'])} was pulled on ${nodeOf(record.actor)}`;
    case 'leader':
      return `${text(fact['identity'])} ${text(fact['what'])} the lease ${text(fact['lease'])}`;
    case 'sync.failed':
      return `the ${text(fact['loop'])} loop failed for ${text(fact['key'])}: ${text(fact['error'])}`;
    case 'kubectl':
      return `the user's ${text(fact['action'])} of ${text(fact['object'])} was accepted`;
    case 'kubectl.refused':
      return `the user's ${text(fact['action'])} of ${text(fact['object'])} was refused: ${text((fact['status'] as Members | undefined)?.['message'])}`;
    case 'etcd.compact':
      return `etcd forgot everything before revision ${text(fact['revision'])}`;
    default:
      return undefined;
  }
}

function sayDecision(fact: Members): string {
  const pod = text(fact['pod']);
  if (fact['result'] === 'scheduled') return `kube-scheduler chose ${text(fact['node'])} for pod ${pod} (${text(fact['feasible'])} of ${text(fact['evaluated'])} nodes that it looked at were feasible)`;
  return `kube-scheduler found no node for pod ${pod}: ${text(fact['message'])}`;
}

function sayContainer(fact: Members, actor: string): string {
  const name = `container ${text(fact['container'])} of pod ${text(fact['pod'])}`;
  switch (fact['state']) {
    case 'RUNNING':
      return `${name} runs on ${nodeOf(actor)} (attempt ${text(fact['attempt'])})`;
    case 'EXITED':
      return `${name} exited with code ${text(fact['exitCode'])}${fact['reason'] === undefined || fact['reason'] === '' ? '' : ` (${text(fact['reason'])})`}`;
    case 'REMOVED':
      return `${name} was removed from ${nodeOf(actor)}`;
    default:
      return `${name} was created on ${nodeOf(actor)}`;
  }
}

function nodeOf(actor: string): string {
  return actor.slice(actor.indexOf('/') + 1);
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined ? '' : String(value);
}
