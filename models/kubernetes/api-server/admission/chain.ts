/**
 * The admission chain: all plugins in upstream's order, first the mutating phase, later the validating one.
 * Source: pkg/kubeapiserver/options/plugins.go (`AllOrderedPlugins`), apiserver/pkg/admission/chain.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import { PLUGINS } from './plugins.ts';
import type { AdmissionWorld, Attributes } from './plugin.ts';

/** Runs the mutating phase; the result is the object to go on with. */
export function* mutate(attributes: Attributes & { readonly object: KubeObject }, world: AdmissionWorld): Task<Either<Status, KubeObject>> {
  let { object } = attributes;
  for (const plugin of PLUGINS) {
    if (plugin.mutate === undefined || !plugin.handles.includes(attributes.operation)) continue;
    const admitted = yield* plugin.mutate({ ...attributes, object }, world);
    if (isLeft(admitted)) return admitted;
    object = admitted.right;
  }
  return right(object);
}

/** Runs the mutating phase of a request that stores no object (DELETE, CONNECT): it may refuse, there is nothing to change. */
export function* mutateNothing(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of PLUGINS) {
    if (plugin.mutate === undefined || !plugin.handles.includes(attributes.operation)) continue;
    const admitted = yield* plugin.mutate(attributes, world);
    if (isLeft(admitted)) return admitted;
  }
  return right(undefined);
}

/** Runs the validating phase. */
export function* validate(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of PLUGINS) {
    if (plugin.validate === undefined || !plugin.handles.includes(attributes.operation)) continue;
    const refused = yield* plugin.validate(attributes, world);
    if (refused !== undefined) return left(refused);
  }
  return right(undefined);
}
