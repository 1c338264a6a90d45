/**
 * Declares a definition established once its names are accepted.
 * Source: apiextensions-apiserver/pkg/controller/establish/establishing_controller.go.
 */
import type { Task } from '../../../client/process.ts';
import type { Services } from '../../handlers/services.ts';
import { DEFINITIONS, isConditionTrue, withCondition, type Definition } from '../definition.ts';
import { updateDefinition } from './definition-update.ts';

/** With several API servers the others get time to see the definition before anybody uses it. */
const HIGH_AVAILABILITY_DELAY = 5_000_000;

const isDue = (definition: Definition): boolean => isConditionTrue(definition, 'NamesAccepted') && !isConditionTrue(definition, 'Established');

export function* establish(services: Services, name: string): Task {
  const current = services.storage.get(DEFINITIONS, '', name) as Definition | undefined;
  if (current === undefined || !isDue(current)) return;
  if (services.options.isOneOfMany === true) yield* services.process.sleep('crd.establishing', HIGH_AVAILABILITY_DELAY);
  yield* updateDefinition(services, name, (definition, now) =>
    isDue(definition) ? withCondition(definition, { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }, now) : definition,
  );
}
