/**
 * Client-side apply: the annotation that remembers what was applied, and the patch that the next apply sends.
 * Source: kubectl/pkg/util/apply.go, kubectl/pkg/cmd/apply/patcher.go, apimachinery/pkg/util/jsonmergepatch.
 */
import type { PatchType } from '../api/message.ts';
import { equal } from '../object/equal.ts';
import { NEW } from '../object/new.ts';
import type { KubeObject } from '../object/types.ts';

const ANNOTATION = 'kubectl.kubernetes.io/last-applied-configuration';

/** The object with the annotation that holds its own JSON, keys sorted, as Go prints maps. */
export function lastApplied(object: KubeObject): KubeObject {
  const { [ANNOTATION]: _old, ...annotations } = object.metadata.annotations ?? {};
  const namespace = object.metadata.namespace;
  const bare = { ...object, metadata: { ...NEW, ...object.metadata, annotations, ...(namespace === undefined ? {} : { namespace }) } };
  return { ...object, metadata: { ...NEW, ...object.metadata, annotations: { ...annotations, [ANNOTATION]: `${sortedJson(bare)}\n` } } };
}

/** The JSON merge patch from what is there to what is applied: removes what was applied before and is gone now. */
export function threeWayPatch(current: KubeObject, wanted: KubeObject): { readonly type: PatchType; readonly patch: unknown } {
  const before = current.metadata.annotations?.[ANNOTATION];
  const modified = lastApplied(wanted);
  const patch = mergePatch(current, modified, before === undefined ? {} : (JSON.parse(before) as unknown));
  return { type: 'application/merge-patch+json', patch: patch === undefined ? undefined : patch };
}

/** The merge patch of one level, undefined when nothing differs. */
function mergePatch(current: unknown, wanted: unknown, before: unknown): unknown {
  if (!isRecord(current) || !isRecord(wanted)) return equal(current, wanted) ? undefined : wanted;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(wanted)) {
    const inner = mergePatch(current[key], value, isRecord(before) ? before[key] : undefined);
    if (inner !== undefined) patch[key] = inner;
  }
  for (const key of isRecord(before) ? Object.keys(before) : []) {
    if (!(key in wanted) && key in current) patch[key] = null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON with sorted keys and Go's HTML escapes. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (isRecord(value)) {
    const members = Object.keys(value).sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
    return `{${members.filter((key) => value[key] !== undefined).map((key) => `${quote(key)}:${sortedJson(value[key])}`).join(',')}}`;
  }
  return typeof value === 'string' ? quote(value) : String(value);
}

const quote = (text: string): string =>
  JSON.stringify(text).replace(/[<>&]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`);
