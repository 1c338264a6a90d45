/**
 * Claims about a cluster's state, as people type them: `pod/web-1 Ready`, `deploy/web status.readyReplicas=3`,
 * `-n team-a pod/x status.phase!=Running`, `pod/web-1 exists`, `ns/team-a gone`.
 */
import type { Json } from '../../../src/index.ts';
import { at } from '../../../src/explain/blame.ts';
import { CliError } from '../../../src/cli/exit.ts';
import type { KubeObject } from '../object/types.ts';
import { pointerOf } from './blame.ts';
import { keyOf, kindNamed, type StoreView } from './store-view.ts';

type Part = (state: StoreView) => Json | undefined;

const FORMS = 'OBJECT FIELD=VALUE, OBJECT FIELD!=VALUE, OBJECT CONDITION, OBJECT exists or OBJECT gone, where OBJECT is TYPE/NAME, after -n NAMESPACE if it is not in default';

/** @throws CliError when the text is no claim. */
export function parseClaim(text: string): (state: StoreView) => boolean {
  const { object, rest } = objectOf(text);
  if (rest === '' || rest === 'exists') return (state) => object(state) !== undefined;
  if (rest === 'gone') return (state) => object(state) === undefined;
  const [, name = '', operator, wanted = ''] = /^(.+?)(?:\s*(!=|==?)\s*(.*))?$/.exec(rest) ?? [];
  const part = fieldOf(object, name);
  if (operator === undefined) return (state) => part(state) === true || part(state) === 'True';
  const isWanted = (value: Json | undefined): boolean => (value === undefined ? wanted === '' : typeof value === 'string' ? value === wanted : JSON.stringify(value) === wanted);
  return operator === '!=' ? (state) => !isWanted(part(state)) : (state) => isWanted(part(state));
}

/** `OBJECT`, `OBJECT FIELD` or `OBJECT CONDITION`: what is watched. @throws CliError when the text is none of them. */
export function parsePart(text: string): Part {
  const { object, rest } = objectOf(text);
  return rest === '' ? (state) => object(state) as unknown as Json | undefined : fieldOf(object, rest);
}

function objectOf(text: string): { readonly object: (state: StoreView) => KubeObject | undefined; readonly rest: string } {
  const [, namespace, type = '', name = '', rest = ''] = /^(?:-n\s+(\S+)\s+)?([^\s/]+)\/(\S+)\s*(.*)$/.exec(text.trim()) ?? [];
  const info = kindNamed(type);
  if (info === undefined || name === '') throw new CliError(`a claim is ${FORMS}; not "${text}"`);
  const key = keyOf(info, namespace, name);
  return { object: (state) => state.objects.get(key)?.object, rest };
}

/** A word with a capital letter is a condition's type, everything else a path. */
function fieldOf(object: (state: StoreView) => KubeObject | undefined, name: string): Part {
  if (/^[A-Z]\w*$/.test(name)) {
    return (state) => (object(state)?.['status'] as { conditions?: readonly { type: string; status: string }[] } | undefined)?.conditions?.find(({ type }) => type === name)?.status;
  }
  const pointer = pointerOf(name);
  return (state) => at(object(state) as unknown as Json | undefined, pointer);
}
