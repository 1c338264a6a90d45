/**
 * Questions as people type them: `#4711`, `pod/web-1`, `pod web-1 Ready`, `deploy/web spec.replicas`, `svc web has no endpoints`.
 *
 * The words after an object name a condition, a field, or nothing in particular: then the argument is about what is unusual.
 */
import type { Json } from '../../../src/index.ts';
import { at } from '../../../src/explain/blame.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import type { KubeObject } from '../object/types.ts';
import { lastWrite, writerName, type Argument, type Claim, type Place } from './argument.ts';
import { blameField, blameSeeking, pointerOf } from './blame.ts';
import { whyGone } from './pod.ts';
import { whyObject } from './question.ts';
import { keyOf, kindNamed, type StoreView } from './store-view.ts';

/** What `why` needs to know of a kind. */
export type Named = Pick<KindInfo, 'kind' | 'resource' | 'group' | 'keyPrefix' | 'namespaced'>;

/** What a question is about. */
export type Question =
  | { readonly about: 'record'; readonly seq: number }
  | { readonly about: 'object'; readonly info: Named; readonly name: string; readonly words: readonly string[] };

/** Words of questions that add nothing to what the object's state asks by itself. */
const WORDS = new Set(
  'is are was were be does do did has have it the a of its no not any on there here in that this node why pending ready notready unready running restarting restarts restarted crashing crashlooping failing failed deleted being gone missing endpoints stuck terminating rollout unschedulable scheduled evicted down waiting created so as done started'.split(' '),
);

const meant = (words: readonly string[]): readonly string[] => words.filter((word, i) => i > 0 || word.toLowerCase() !== 'why');

/** The record that a question is about, if it is about one. */
export function recordIn(words: readonly string[]): number | undefined {
  const [first = '', ...rest] = meant(words);
  const seq = /^#?(\d+)$/.exec(first)?.[1];
  return seq === undefined || rest.length > 0 ? undefined : Number(seq);
}

/** The question in the words of the command line, or a sentence that says what is wrong with it. */
export function parseQuestion(view: StoreView, words: readonly string[]): Question | { readonly error: string } {
  const seq = recordIn(words);
  if (seq !== undefined) return { about: 'record', seq };
  const [first = '', ...rest] = meant(words);
  const [type = '', ...named] = first.split('/');
  const info = kindIn(view, type);
  if (info === undefined) return { error: `a question is about a record (#4711) or an object (pod/web-1, deploy web); there is no type "${type}"` };
  const [name, ...more] = named.length > 0 ? [named.join('/'), ...rest] : rest;
  if (name === undefined || name === '') return { error: `which ${info.kind}? Say ${type}/NAME` };
  return { about: 'object', info, name, words: more };
}

/** A kind by any of its names, those of the view's CustomResourceDefinitions included. */
export function kindIn(view: StoreView, name: string): Named | undefined {
  const known = kindNamed(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  for (const [key, { object }] of view.objects) {
    if (!key.startsWith('/registry/apiextensions.k8s.io/customresourcedefinitions/')) continue;
    const { group = '', names, scope } = object['spec'] as { group?: string; scope?: string; names: { plural: string; kind: string; singular?: string; shortNames?: readonly string[] } };
    const all = [names.plural, names.kind.toLowerCase(), names.singular ?? '', `${names.plural}.${group}`, ...(names.shortNames ?? [])];
    if (all.includes(lower)) return { kind: names.kind, resource: names.plural, group, keyPrefix: `${group}/${names.plural}`, namespaced: scope === 'Namespaced' };
  }
  return undefined;
}

/** The argument about an object: about a condition or a field if the words name one, else about its state. */
export function askObject(place: Place, info: Named, namespace: string, name: string, words: readonly string[]): Argument | { readonly error: string } {
  const key = keyOf(info, namespace, name);
  const label = `${info.kind} ${info.namespaced ? `${namespace}/` : ''}${name}`;
  const object = place.view.objects.get(key)?.object;
  const meant = words.filter((word) => !WORDS.has(word.toLowerCase()) && word !== name);
  const condition = object === undefined ? undefined : conditionsOf(object).find(({ type }) => words.some((word) => word === type || (meant.length > 0 && word.toLowerCase() === type.toLowerCase())));
  if (object === undefined) return whyGone(place, key, label);
  if (condition !== undefined && (meant.length > 0 || (words.length === 1 && words[0] === condition.type))) return whyCondition(place, key, label, object, condition);
  const [field] = meant;
  if (field === undefined) return whyObject(place, info, namespace, name);
  if (meant.length > 1 || !/^[./[]|^(spec|status|metadata|data|type|subsets|endpoints|rules|webhooks)\b/.test(field)) {
    const types = conditionsOf(object).map(({ type }) => type);
    return { error: `${label} has no condition "${field}"${types.length === 0 ? '' : ` (it has ${types.join(', ')})`}, and a field is written like spec.replicas` };
  }
  return whyField(place, key, label, object, field);
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

const conditionsOf = (object: KubeObject): readonly Condition[] => (object['status'] as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];

function whyCondition(place: Place, key: string, label: string, object: KubeObject, condition: Condition): Argument {
  const { type, status, reason, message } = condition;
  const i = conditionsOf(object).indexOf(condition);
  const claims: Claim[] = [{ text: `${type}=${status}${reason === undefined ? '' : `: ${reason}`}${message === undefined || message === '' ? '' : `: ${message}`}` }];
  const write = lastWrite(place, key, `/status/conditions/${i}/status`) ?? lastWrite(place, key, '/status/conditions');
  if (write !== undefined) claims.push({ text: `${writerName(write.writer)} wrote that`, seq: write.record.seq });
  return { question: `Why is ${type} ${status} of ${label}?`, claims, ...(write === undefined ? {} : { decisive: write.record.seq }) };
}

function whyField(place: Place, key: string, label: string, object: KubeObject, field: string): Argument {
  const pointer = pointerOf(field);
  const value = at(object as unknown as Json, pointer);
  const question = `Why is ${field} of ${label} ${value === undefined ? 'not set' : JSON.stringify(value)}?`;
  const write = place.seeker === undefined ? blameField(place.log, key, pointer, place.position) : blameSeeking(place.seeker, key, pointer, place.position);
  if (write === undefined) return { question, claims: [{ text: 'nobody has ever written it in this run' }] };
  const before = at(write.before, '');
  const was = before === undefined ? 'it was not set before' : `before it was ${JSON.stringify(before)}`;
  return { question, claims: [{ text: `${writerName(write.writer)} wrote it; ${was}`, seq: write.record.seq }], decisive: write.record.seq };
}
