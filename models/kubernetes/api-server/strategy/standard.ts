/**
 * The parts that most strategies are made of: what a create drops, what an update keeps, when the generation moves.
 *
 * Each returns its argument when nothing is to do. Upstream: pkg/registry/**\/strategy.go, which repeat these few lines.
 */
import type { KubeObject } from '../../object/types.ts';
import { put } from '../defaults/fill.ts';
import type { Prepare, PrepareUpdate } from '../registry/kind.ts';
import { structType } from '../schema/types.ts';
import { sameJson } from '../validation/check.ts';

/** Sets metadata.generation; it is absent when 0. */
export const withGeneration = (object: KubeObject, generation: number | undefined): KubeObject =>
  (object.metadata.generation ?? 0) === (generation ?? 0) ? object : { ...object, metadata: put(object.metadata, 'generation', generation ?? 0) };

/** A status that nobody wrote yet, as Go encodes it. */
export const emptyStatus = (schema: string): unknown => structType(schema).always.find((entry) => entry.name === 'status')?.value;

/** Create: status is dropped, generation starts at 1 where the kind has one. */
export function fresh(schema: string, hasGeneration: boolean): Prepare {
  const status = emptyStatus(schema);
  return (object) => {
    const cleared = status === undefined || sameJson(object['status'], status) ? object : put(object, 'status', status);
    return hasGeneration ? withGeneration(cleared, 1) : cleared;
  };
}

/** One field of the stored object wins. */
export function keep(next: KubeObject, old: KubeObject, field: string): KubeObject {
  if (next[field] === old[field]) return next;
  if (old[field] !== undefined) return { ...next, [field]: old[field] };
  const { [field]: _dropped, ...rest } = next;
  return rest as KubeObject;
}

/** Adds 1 to the stored generation when `hasChanged`. */
export const bumpedWhen = (next: KubeObject, old: KubeObject, hasChanged: boolean): KubeObject =>
  withGeneration(next, hasChanged ? (old.metadata.generation ?? 0) + 1 : old.metadata.generation);

/** Update of the main resource: status stays, generation follows the spec. */
export const keepStatus: PrepareUpdate = (next, old) => keep(next, old, 'status');
export const keepStatusAndCount: PrepareUpdate = (next, old) =>
  bumpedWhen(keep(next, old, 'status'), old, next['spec'] !== old['spec'] && !sameJson(next['spec'], old['spec']));
/** No status: generation follows the spec. */
export const countSpec: PrepareUpdate = (next, old) =>
  bumpedWhen(next, old, next['spec'] !== old['spec'] && !sameJson(next['spec'], old['spec']));
/** Update through `/status`: the spec stays. */
export const keepSpec: PrepareUpdate = (next, old) => keep(next, old, 'spec');
/** `/status` of kinds that keep their metadata (resetObjectMetaForStatus), save for managed fields. */
export const keepSpecAndMeta: PrepareUpdate = (next, old) => {
  const { managedFields, resourceVersion } = next.metadata;
  const metadata = { ...old.metadata, resourceVersion, ...(managedFields === undefined ? {} : { managedFields }) };
  return { ...keep(next, old, 'spec'), metadata };
};
