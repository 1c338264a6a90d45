/**
 * Deletes all objects of a definition that is being deleted, then lets the definition go.
 * Source: apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../../client/process.ts';
import { removeObject } from '../../handlers/delete.ts';
import { internalCall } from '../../handlers/internal-call.ts';
import type { Services } from '../../handlers/services.ts';
import { isUnavailable } from '../../storage/etcd-client.ts';
import { CLEANUP_FINALIZER, DEFINITIONS, isConditionTrue, withCondition, type Definition } from '../definition.ts';
import { updateDefinition } from './definition-update.ts';

/** How often, and how long, the server looks whether the objects are gone. */
const POLL_PERIOD = 5_000_000;
const POLL_TIMEOUT = 60_000_000;
/** Pause before a failed deletion is tried again. */
const RETRY_DELAY = 5_000_000;

const isDue = ({ metadata }: Definition): boolean => metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(CLEANUP_FINALIZER);

export function* finalizeDefinition(services: Services, name: string): Task {
  for (;;) {
    const current = services.storage.get(DEFINITIONS, '', name) as Definition | undefined;
    if (current === undefined || !isDue(current)) return;
    yield* updateDefinition(services, name, (definition, now) =>
      isDue(definition) ? withCondition(definition, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message: 'CustomResource deletion is in progress' }, now) : definition,
    );
    const left = isConditionTrue(current, 'Established') ? yield* deleteInstances(services, current) : 0;
    if (left === 0) {
      yield* updateDefinition(services, name, finished);
      return;
    }
    const message = `could not confirm zero CustomResources remaining: timed out waiting for the condition`;
    yield* updateDefinition(services, name, (definition, now) => (isDue(definition) ? withCondition(definition, { type: 'Terminating', status: 'True', reason: 'InstanceDeletionCheck', message }, now) : definition));
    yield* services.process.sleep('crd.finalizer', RETRY_DELAY);
  }
}

function finished(definition: Definition, now: string): Definition {
  if (!isDue(definition)) return definition;
  const done = withCondition(definition, { type: 'Terminating', status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' }, now);
  const finalizers = (done.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP_FINALIZER);
  const { finalizers: _old, ...rest } = done.metadata;
  return { ...done, metadata: finalizers.length === 0 ? rest : { ...rest, finalizers } };
}

/** Deletes what is there and waits until it is gone; the number of objects that are left. */
function* deleteInstances(services: Services, { spec }: Definition): Task<number> {
  const resource = { group: spec.group, resource: spec.names.plural };
  const instances = services.storage.list(resource, '');
  for (const { metadata } of instances) {
    const { name, namespace } = metadata;
    const call = internalCall(services, resource, 'delete', { name, ...(namespace === undefined ? {} : { namespace }) });
    if (call === undefined) return 0;
    const removed = yield* removeObject(services, call, name, { isDryRun: false });
    if (isLeft(removed) && removed.left.code !== 404) break;
  }
  for (let waited = 0; ; waited += POLL_PERIOD) {
    const call = internalCall(services, resource, 'list', {});
    const read = call === undefined ? undefined : yield* services.storage.etcd.range(`/registry/${call.info.keyPrefix}/`);
    const left = read === undefined || isUnavailable(read) ? services.storage.list(resource, '').length : read.kvs.length;
    if (left === 0 || waited >= POLL_TIMEOUT) return left;
    yield* services.process.sleep('crd.finalizer', POLL_PERIOD);
  }
}
