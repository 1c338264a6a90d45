/**
 * The condition NonStructuralSchema of definitions whose schemas are not structural (which v1 cannot create any more).
 * Source: apiextensions-apiserver/pkg/controller/nonstructuralschema/nonstructuralschema_controller.go.
 */
import type { Task } from '../../../client/process.ts';
import type { Services } from '../../handlers/services.ts';
import { aggregate, errorText, type FieldError } from '../../status/field-error.ts';
import { DEFINITIONS, conditionOf, withCondition, type Definition } from '../definition.ts';
import { validateStructural } from '../structural.ts';
import { updateDefinition } from './definition-update.ts';

const violations = ({ spec }: Definition): FieldError[] =>
  spec.versions.flatMap((version, at) => (version.schema?.openAPIV3Schema === undefined ? [] : validateStructural(version.schema.openAPIV3Schema, `spec.versions[${at}].schema.openAPIV3Schema`)));

function checked(definition: Definition, now: string): Definition {
  const found = violations(definition);
  const old = conditionOf(definition, 'NonStructuralSchema');
  if (found.length === 0) {
    if (old === undefined) return definition;
    return { ...definition, status: { ...definition.status, conditions: (definition.status.conditions ?? []).filter((entry) => entry !== old) } };
  }
  const message = aggregate(found.map(errorText));
  return old?.message === message ? definition : withCondition(definition, { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message }, now);
}

export function* checkStructure(services: Services, name: string): Task {
  const current = services.storage.get(DEFINITIONS, '', name) as Definition | undefined;
  if (current === undefined || checked(current, '') === current) return;
  yield* updateDefinition(services, name, checked);
}
