/**
 * The admission chain: all plugins in upstream's order, first the mutating phase, later the validating one.
 * Source: pkg/kubeapiserver/options/plugins.go (`AllOrderedPlugins`), apiserver/pkg/admission/chain.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import type { Status } from '../status/status.ts';
import { PLUGINS } from './plugins.ts';
import type { KindInfo } from '../registry/kind.ts';
import type { AdmissionPlugin, AdmissionWorld, Attributes, Operation, Said } from './plugin.ts';

type TakingPart<Phase extends 'mutate' | 'validate'> = readonly Required<Pick<AdmissionPlugin, Phase>>[];

/** The plugins that take part in a phase, by operation and kind: most look at few kinds, so each request meets few. */
function takingPart<Phase extends 'mutate' | 'validate'>(phase: Phase): (attributes: Attributes) => TakingPart<Phase> {
  const has = (plugin: AdmissionPlugin): plugin is AdmissionPlugin & Required<Pick<AdmissionPlugin, Phase>> => plugin[phase] !== undefined;
  const known = new Map<Operation, WeakMap<KindInfo, TakingPart<Phase>>>();
  return ({ operation, info }) => {
    let byKind = known.get(operation);
    if (byKind === undefined) known.set(operation, (byKind = new WeakMap()));
    let found = byKind.get(info);
    if (found === undefined) {
      const resource = `${info.group}/${info.resource}`;
      found = PLUGINS.filter(has).filter(({ handles, resources }) => handles.includes(operation) && resources?.includes(resource) !== false);
      byKind.set(info, found);
    }
    return found;
  };
}

const mutating = takingPart('mutate');
const validating = takingPart('validate');

const isTask = <T>(said: Said<T>): said is Task<T> => typeof (said as Partial<Task<T>> | undefined)?.next === 'function';

/** Runs the mutating phase; the result is the object to go on with. */
export function* mutate(attributes: Attributes & { readonly object: KubeObject }, world: AdmissionWorld): Task<Either<Status, KubeObject>> {
  let current = attributes;
  for (const plugin of mutating(attributes)) {
    const said = plugin.mutate(current, world);
    const admitted = isTask(said) ? yield* said : said;
    if (isLeft(admitted)) return admitted;
    if (admitted.right !== current.object) current = { ...current, object: admitted.right };
  }
  return right(current.object);
}

/** Runs the mutating phase of a request that stores no object (DELETE, CONNECT): it may refuse, there is nothing to change. */
export function* mutateNothing(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of mutating(attributes)) {
    const said = plugin.mutate(attributes, world);
    const admitted = isTask(said) ? yield* said : said;
    if (isLeft(admitted)) return admitted;
  }
  return right(undefined);
}

/** Runs the validating phase. */
export function* validate(attributes: Attributes, world: AdmissionWorld): Task<Either<Status, void>> {
  for (const plugin of validating(attributes)) {
    const said = plugin.validate(attributes, world);
    const refused = isTask(said) ? yield* said : said;
    if (refused !== undefined) return left(refused);
  }
  return right(undefined);
}
