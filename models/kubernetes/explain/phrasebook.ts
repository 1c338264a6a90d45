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
import { blameField, requesterOf } from './blame.ts';
import { keyOf, kindNamed, sayKey, writesOf } from './store-view.ts';

type Members = { readonly [key: string]: Json };

/** The cluster's phrasebook. */
export const PHRASEBOOK: Phrasebook = { say, root, links };

/** What the user wants, the user wants: the path does not go through what they did before. */
function root(record: LogRecord): string | undefined {
  return record.actor === 'kubectl' && record.via !== 'input' ? "the user applied the run's manifests, one after the other" : undefined;
}

/**
 * A controller's create is because of the owner that it serves, whatever event woke it: the chain of messages leads to the create of
 * the sibling before.
 */
function links(record: LogRecord, log: LogReader): readonly Link[] {
  for (const { kind, data } of record.facts) {
    const value = kind === 'etcd.put' ? (data as { value?: KubeObject }).value : undefined;
    const owner = value?.metadata.ownerReferences?.find((reference) => reference.controller === true);
    if (value === undefined || owner === undefined) continue;
    const info = kindNamed(`${owner.kind.toLowerCase()}${owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''}`);
    if (info === undefined || value.kind === 'EndpointSlice') continue;
    const decision = requesterOf(log, record);
    const write = blameField(log, keyOf(info, value.metadata.namespace, owner.name), '/spec', decision.seq);
    if (write !== undefined) return [{ seq: write.record.seq, because: `${decision.actor} serves its owner` }];
  }
  return [];
}

function say(record: LogRecord, log: LogReader): string | undefined {
  if (record.via === 'control') return sayControl(record);
  if (record.via === 'input') return sayInput(record);
  const said = [...sayWrites(record, log), ...record.facts.flatMap((fact) => sayFact(fact, record) ?? [])];
  if (said.length > 0) return said.join('; ');
  return record.via === 'start' ? `${record.actor} started` : undefined;
}

function sayControl(record: LogRecord): string {
  const reason = (record.message as { reason?: string } | undefined)?.reason;
  const what = { crash: 'crashed', restart: 'was started again', pause: 'was paused', resume: 'was resumed', slow: 'was slowed down', skew: 'had its clock moved', note: 'was affected' }[record.kind];
  return `${record.actor} ${what ?? record.kind}${reason === undefined ? '' : ` (${reason})`}`;
}

function sayInput(record: LogRecord): string {
  const { action, object } = (record.message ?? {}) as { action?: string; object?: { kind?: string; metadata?: { name?: string } } };
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
