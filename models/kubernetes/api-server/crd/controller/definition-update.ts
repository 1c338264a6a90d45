/**
 * How the controllers of this folder change definitions: by compare-and-swap on the newest version.
 */
import { isLeft, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../../client/process.ts';
import type { KubeObject } from '../../../object/types.ts';
import { internalCall, SERVER_MANAGER } from '../../handlers/internal-call.ts';
import { contextOf } from '../../handlers/request.ts';
import type { Services } from '../../handlers/services.ts';
import { updateObject } from '../../handlers/update.ts';
import type { PrepareUpdate } from '../../registry/kind.ts';
import { updateStrategy } from '../../registry/strategy.ts';
import { DEFINITIONS, type Definition } from '../definition.ts';

const asWritten: PrepareUpdate = (next, old) => ({ ...next, spec: old['spec'] });

/** Changes a definition's status (and finalizers); the change may return its argument to leave it alone. */
export function* updateDefinition(services: Services, name: string, change: (definition: Definition, now: string) => Definition): Task<boolean> {
  const call = internalCall(services, DEFINITIONS, 'update', { name, subresource: 'status' });
  if (call === undefined) return false;
  const transform = (current: KubeObject): ReturnType<Parameters<typeof updateObject>[3]> => right(change(current as Definition, contextOf(call).now));
  const options = { isDryRun: false, fieldValidation: 'Ignore', manager: SERVER_MANAGER, force: false, isApplied: false } as const;
  const written = yield* updateObject(services, call, updateStrategy({ prepareForUpdate: asWritten }), transform, options);
  return !isLeft(written);
}
