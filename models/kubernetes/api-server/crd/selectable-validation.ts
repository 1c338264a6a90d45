/**
 * Paths into a schema: selectable fields and the fieldPath of rules.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go (`ValidFieldPath`), validation/validation.go.
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { duplicate, index, invalidValue, required, tooMany, type FieldError } from '../status/field-error.ts';
import type { DefinedVersion, JsonSchema } from './definition.ts';

const FIELDS_MAX = 8;
const NO_FIELD = 'does not refer to a valid field';

/** `.`, `[`, `]`, quoted texts and names. */
const tokensOf = (path: string): readonly string[] => path.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]']+/g) ?? [];

/** The schema that a path leads to. Left: what is wrong with the path. */
export function schemaAt(path: string, root: JsonSchema, allowsBrackets: boolean): Either<string, JsonSchema> {
  const tokens = tokensOf(path);
  let schema = root;
  const enter = (name: string): string | undefined => {
    const { properties, additionalProperties: additional } = schema;
    const next = properties !== undefined ? properties[name] : typeof additional === 'object' ? additional : undefined;
    if (next === undefined) return NO_FIELD;
    schema = next;
    return undefined;
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as string;
    if (token !== '.' && token !== '[') return left(`expected [ or . but got: ${token}`);
    if (token === '[' && !allowsBrackets) return left('array notation is not allowed');
    const name = tokens[++at];
    if (name === undefined) return left('unexpected end of JSON path');
    if (token === '[') {
      if (!/^'.*'$/s.test(name) || name.length < 2) return left(`expected single quoted string but got ${name}`);
      const wrong = enter(name.slice(1, -1).replace(/\\(.)/g, '$1'));
      if (wrong !== undefined) return left(wrong);
      const close = tokens[++at];
      if (close === undefined) return left('unexpected end of JSON path');
      if (close !== ']') return left(`expected ] but got ${close}`);
    } else {
      const wrong = enter(name);
      if (wrong !== undefined) return left(wrong);
    }
  }
  return right(schema);
}

/** Whether a rule's fieldPath names a field below the rule's schema. */
export const isValidFieldPath = (path: string, schema: JsonSchema): boolean => !isLeft(schemaAt(path, schema, true));

export function validateSelectableFields({ selectableFields = [], schema }: DefinedVersion, path: string): FieldError[] {
  const root = schema?.openAPIV3Schema;
  if (selectableFields.length === 0) return [];
  if (root === undefined) return [invalidValue(path, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')];
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [position, { jsonPath }] of selectableFields.entries()) {
    const at = `${index(path, position)}.jsonPath`;
    if (!jsonPath) {
      errors.push(required(at));
      continue;
    }
    const found = schemaAt(jsonPath, root, false);
    if (isLeft(found)) {
      errors.push(invalidValue(at, jsonPath, `is an invalid path: ${found.left}`));
      continue;
    }
    if (/^\.metadata(\.|$)/.test(jsonPath)) errors.push(invalidValue(at, jsonPath, 'must not point to fields in metadata'));
    if (!['string', 'boolean', 'integer'].includes(found.right.type ?? '')) {
      errors.push(invalidValue(at, jsonPath, 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'));
    }
    if (seen.has(jsonPath)) errors.push(duplicate(at, jsonPath));
    seen.add(jsonPath);
  }
  if (seen.size > FIELDS_MAX) errors.push(tooMany(path, seen.size, FIELDS_MAX));
  return errors;
}
