/**
 * The admission chain: all plugins in upstream's order, first the mutating phase, later the validating one.
 * Source: pkg/kubeapiserver/options/plugins.go (`AllOrderedPlugins`), apiserver/pkg/admission/chain.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import { PLUGINS } from './plugins.ts';
import type { AdmissionPlugin, AdmissionWorld, Attributes, Operation } from './plugin.ts';

const OPERATIONS: readonly Operation[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'];

/** The plugins that take part in a phase, by operation. */
function takingPart<Phase extends 'mutate' | 'validate'>(phase: Phase): ReadonlyMap<Operation, readonly Required<Pick<AdmissionPlugin, Phase>>[]> {
  const has = (plugin: AdmissionPlugin): plugin is AdmissionPlugin & Required<Pick<AdmissionPlugin, Phase>> => plugin[phase] !== undefined;
  return new Map(OPERATIONS.map((operation) => [operation, PLUGINS.filter(has).filter(({ handles }) => handles.includes(operation))]));
}

const MUTATING = takingPart('mutate');
const VALIDATING = takingPart('validate');

/** Runs the mutating phase; the result is the object to go on with. */
export function* mutate(attributes: Attributes & { readonly object: KubeObject }, world: AdmissionWorld): Task<Either<Status, KubeObject>> {
  let current = attributes;
  for (const plugin of MUTATING.get(attributes.operation) ?? []) {
    const admitted = yield* plugin.mutate(current, world);
    if (isLeft(admitted)) return admitted;
    if (admitted.right !== current.object) current = { ...current, object: admitted.right };
  }
  return right(current.object);
}

/** Runs the mutating phase of a request that stores no object (DELETE, CONNECT): it may refuse, there is nothing to change. */
export function* mutateNothing(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of MUTATING.get(attributes.operation) ?? []) {
    const admitted = yield* plugin.mutate(attributes, world);
    if (isLeft(admitted)) return admitted;
  }
  return right(undefined);
}

/** Runs the validating phase. */
export function* validate(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of VALIDATING.get(attributes.operation) ?? []) {
    const refused = yield* plugin.validate(attributes, world);
    if (refused !== undefined) return left(refused);
  }
  return right(undefined);
}
