/**
 * Defaults must themselves be pruned and valid. Source: apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go.
 */
import { jsonEqual } from '../patch/json-value.ts';
import { child, invalidValue, key, type FieldError } from '../status/field-error.ts';
import { fillDefaults } from './defaulting.ts';
import { validateEmbedded } from './embedded.ts';
import { validateListTypes } from './list-type.ts';
import type { Node } from './node.ts';
import { pruneValue } from './prune.ts';
import { validateValue } from './validate.ts';

export function validateDefaults(node: Node, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { default: given } = node.schema;
  if (given !== undefined) {
    const at = child(path, 'default');
    const pruned = pruneValue(node, given);
    if (!jsonEqual(pruned, given)) errors.push(invalidValue(at, given, 'must not have unknown fields'));
    const filled = fillDefaults(node, given);
    const found = [...validateValue(node, filled), ...validateEmbedded(node, filled), ...validateListTypes(node, filled)];
    errors.push(...found.map((error) => ({ ...error, field: error.field === '<nil>' || error.field === '' ? at : child(at, error.field) })));
  }
  for (const [name, inner] of node.properties) errors.push(...validateDefaults(inner, key(child(path, 'properties'), name)));
  if (node.items !== undefined) errors.push(...validateDefaults(node.items, child(path, 'items')));
  if (typeof node.additional === 'object') errors.push(...validateDefaults(node.additional, child(path, 'additionalProperties')));
  return errors;
}

