/**
 * Does a condition of a scenario hold? Judged on objects as somebody read them: the user over the API, or the report from the store.
 */
import { equal } from '../object/equal.ts';
import type { KubeObject } from '../object/types.ts';
import { pendingReasons, type Read } from '../cluster/convergence.ts';
import type { Condition, CountCondition, FieldCondition } from './scenario.ts';

/** The key prefix under which objects of a kind are stored; undefined for kinds that nobody knows. */
export type PrefixOf = (kind: string) => string | undefined;

/** Why a condition does not hold; undefined when it does. */
export function unmet(condition: Condition, read: Read, prefixOf: PrefixOf): string | undefined {
  if ('converged' in condition) return pendingReasons(read)[0];
  return 'count' in condition ? wrongCount(condition, read, prefixOf) : wrongField(condition, read, prefixOf);
}

function wrongCount({ kind, namespace, labels = {}, count }: CountCondition, read: Read, prefixOf: PrefixOf): string | undefined {
  const found = objectsOf(kind, namespace, read, prefixOf).filter(({ metadata }) => Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value));
  return found.length === count ? undefined : `there are ${found.length} objects of kind ${kind}, not ${count}`;
}

function wrongField({ object, namespace, field, equals, gone }: FieldCondition, read: Read, prefixOf: PrefixOf): string | undefined {
  const [kind = '', name = ''] = object.split('/');
  const found = objectsOf(kind, namespace ?? 'default', read, prefixOf).find(({ metadata }) => metadata.name === name);
  if (gone === true) return found === undefined ? undefined : `${object} is still there`;
  if (found === undefined) return `${object} does not exist`;
  if (field === undefined) return undefined;
  const value = valueAt(found, field);
  if (equals === undefined) return value === undefined || value === null ? `${field} of ${object} is not set` : undefined;
  return equal(value, equals) ? undefined : `${field} of ${object} is ${JSON.stringify(value) ?? 'not set'}, not ${JSON.stringify(equals)}`;
}

function objectsOf(kind: string, namespace: string | undefined, read: Read, prefixOf: PrefixOf): readonly KubeObject[] {
  const prefix = prefixOf(kind);
  const objects = prefix === undefined ? [] : read(prefix);
  return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === namespace);
}

/** The value at a dotted path; `conditions.Ready` means the status of the condition of that type. */
function valueAt(object: KubeObject, path: string): unknown {
  let at: unknown = object;
  for (const part of path.split('.')) {
    if (Array.isArray(at)) {
      const named = at.find((entry: { type?: string; name?: string; status?: unknown }) => entry.type === part || entry.name === part) as { type?: string; status?: unknown } | undefined;
      at = named === undefined ? at[Number(part)] : named.type === part ? named.status : named;
    } else at = (at as Readonly<Record<string, unknown>> | undefined)?.[part];
  }
  return at;
}
