/**
 * Why a StatefulSet, a DaemonSet or a Job is not where it should be: its numbers, and its pods that are not well.
 */
import type { KindInfo } from '../api-server/registry/kind.ts';
import { isConditionTrue } from '../object/meta.ts';
import type { KubeObject, Pod } from '../object/types.ts';
import { lastWrite, writerName, type Argument, type Claim, type Place } from './argument.ts';
import { whyPod } from './pod.ts';
import { kindNamed, listObjects } from './store-view.ts';

/** So many pods are told about. */
const PODS_MAX = 5;

/** What the status counts, and how many there should be; undefined for kinds that this file does not know. */
function progress({ kind, spec, status = {} }: KubeObject): { readonly text: string; readonly isDone: boolean } | undefined {
  const count = (name: string): number => Number((status as { readonly [name: string]: unknown })[name] ?? 0);
  const of = (name: string, otherwise: number): number => Number((spec as { readonly [name: string]: unknown })[name] ?? otherwise);
  switch (kind) {
    case 'StatefulSet':
      return { text: `${count('readyReplicas')} of ${of('replicas', 1)} replicas are ready, ${count('updatedReplicas')} are updated`, isDone: count('readyReplicas') === of('replicas', 1) };
    case 'DaemonSet':
      return { text: `${count('numberReady')} pods are ready on the ${count('desiredNumberScheduled')} nodes that should have one`, isDone: count('numberReady') === count('desiredNumberScheduled') && count('desiredNumberScheduled') > 0 };
    case 'Job':
      return { text: `${count('succeeded')} of ${of('completions', 1)} pods succeeded, ${count('failed')} failed, ${count('active')} are active`, isDone: count('succeeded') >= of('completions', 1) };
    default:
      return undefined;
  }
}

/** The argument, for the kinds that have one here. */
export function whyWorkload(place: Place, key: string, label: string, object: KubeObject): Argument | undefined {
  const found = progress(object);
  if (found === undefined) return undefined;
  const claims: Claim[] = [{ text: found.text }, ...conditionClaims(object), ...selectorClaims(object)];
  const write = lastWrite(place, key, '/spec');
  if (write !== undefined) claims.push({ text: `its spec was last written by ${writerName(write.writer)}`, seq: write.record.seq });
  let decisive: number | undefined;
  const pods = listObjects(place.view, kindNamed('pods') as KindInfo, object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }) as Pod[];
  const unwell = pods.filter((pod) => isOf(object, pod) && !isConditionTrue(pod.status.conditions, 'Ready') && pod.status.phase !== 'Succeeded');
  for (const pod of unwell.slice(0, PODS_MAX)) {
    const inner = whyPod(place, pod);
    claims.push({ text: `${statementOf(inner.question)}: ${inner.claims.map(({ text }) => text).join('; ')}`, ...(inner.decisive === undefined ? {} : { seq: inner.decisive }) });
    decisive ??= inner.decisive;
  }
  if (unwell.length > PODS_MAX) claims.push({ text: `and ${unwell.length - PODS_MAX} more of its pods` });
  decisive ??= write?.record.seq;
  return { question: found.isDone ? `Why is ${label} as it is?` : `Why is ${label} not done?`, claims, ...(decisive === undefined ? {} : { decisive }) };
}

/** `Why did Pod x fail?` as what is so: `Pod x failed`. */
const statementOf = (question: string): string => question.replace(/^Why (is|did|does|has) /, '').slice(0, -1).replace(/ fail$/, ' failed').replace(/ restart$/, ' restarts');

function isOf(owner: KubeObject, pod: Pod): boolean {
  return (pod.metadata.ownerReferences ?? []).some(({ uid, controller }) => uid === owner.metadata.uid && controller === true);
}

function conditionClaims({ status }: KubeObject): Claim[] {
  const conditions = (status as { conditions?: readonly { type: string; status: string; reason?: string; message?: string }[] } | undefined)?.conditions ?? [];
  return conditions.filter(({ status: is }) => is === 'True').map(({ type, reason = '', message = '' }) => ({ text: `${type}=True: ${reason}: ${message}` }));
}

/** A DaemonSet without nodes has asked for others than there are. */
function selectorClaims({ kind, spec, status }: KubeObject): Claim[] {
  if (kind !== 'DaemonSet' || Number((status as { desiredNumberScheduled?: number } | undefined)?.desiredNumberScheduled ?? 0) > 0) return [];
  const selector = (spec as { template?: { spec?: { nodeSelector?: Readonly<Record<string, string>> } } }).template?.spec?.nodeSelector;
  return selector === undefined ? [] : [{ text: `no node has the labels ${Object.entries(selector).map(([name, value]) => `${name}=${value}`).join(',')}, which its pods select` }];
}
