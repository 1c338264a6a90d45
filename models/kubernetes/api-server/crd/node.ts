/**
 * A structural schema, compiled: what pruning, defaulting and validation walk.
 *
 * Compiling is done once when a definition changes. Each node knows whether anything below it can default, prune or
 * check, so that walks stop early, and property names are sorted so that errors come in one order on every machine.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/{structural,convert}.go.
 */
import { isObject, jsonEqual, own } from '../patch/json-value.ts';
import type { JsonSchema } from './definition.ts';

export interface Node {
  readonly schema: JsonSchema;
  /** Property names, sorted. */
  readonly names: readonly string[];
  readonly properties: ReadonlyMap<string, Node>;
  /** The schema of properties that are not named; `true` for anything, undefined for none. */
  readonly additional: Node | boolean | undefined;
  readonly items: Node | undefined;
  readonly pattern: RegExp | undefined;
  readonly allOf: readonly Node[];
  readonly anyOf: readonly Node[];
  readonly oneOf: readonly Node[];
  readonly not: Node | undefined;
  readonly preserves: boolean;
  readonly isEmbedded: boolean;
  readonly isIntOrString: boolean;
  /** The types that a value may have; empty for any. */
  readonly types: readonly string[];
  /** Whether something at or below this node has a default. */
  readonly hasDefaults: boolean;
  /** Whether something at or below this node is a list of type set or map. */
  readonly hasListTypes: boolean;
  /** Whether something at or below this node is an embedded resource. */
  readonly hasEmbedded: boolean;
  /** Whether something at or below this node has CEL rules. */
  readonly hasRules: boolean;
}

/** A regular expression of the schema, or nothing when it is none (Go's syntax differs a little from JavaScript's). */
export function patternOf(text: string): RegExp | undefined {
  // RE2 has (?i) and (?s) in front where JavaScript has flags, and \A, \z for the ends.
  const flags = /^\(\?([is]+)\)/.exec(text);
  const body = (flags === null ? text : text.slice(flags[0].length)).replaceAll('\\A', '^').replaceAll('\\z', '$');
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(body, `${flags?.[1] ?? ''}${unicode}`);
    } catch {
      // Not valid with this flag; the next is tried.
    }
  }
  return undefined;
}

const isNode = (node: Node | boolean | undefined): node is Node => typeof node === 'object';

/** Compiles a schema. */
export function compileSchema(schema: JsonSchema): Node {
  const names = Object.keys(schema.properties ?? {}).sort();
  const properties = new Map(names.map((name) => [name, compileSchema((schema.properties as Record<string, JsonSchema>)[name] as JsonSchema)]));
  const additional = typeof schema.additionalProperties === 'object' && schema.additionalProperties !== null ? compileSchema(schema.additionalProperties) : schema.additionalProperties;
  const items = schema.items === undefined ? undefined : compileSchema(schema.items);
  const below = [...properties.values(), ...(isNode(additional) ? [additional] : []), ...(items === undefined ? [] : [items])];
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const listType = schema['x-kubernetes-list-type'];
  return {
    schema,
    names,
    properties,
    additional: additional === false ? undefined : additional,
    items,
    pattern: schema.pattern === undefined ? undefined : patternOf(schema.pattern),
    allOf: (schema.allOf ?? []).map(compileSchema),
    anyOf: (schema.anyOf ?? []).map(compileSchema),
    oneOf: (schema.oneOf ?? []).map(compileSchema),
    not: schema.not === undefined ? undefined : compileSchema(schema.not),
    preserves: schema['x-kubernetes-preserve-unknown-fields'] === true,
    isEmbedded,
    isIntOrString,
    types: isIntOrString ? ['integer', 'string'] : schema.type ? [schema.type] : [],
    hasDefaults: schema.default !== undefined || below.some((node) => node.hasDefaults),
    hasListTypes: listType === 'set' || listType === 'map' || below.some((node) => node.hasListTypes),
    hasEmbedded: isEmbedded || below.some((node) => node.hasEmbedded),
    hasRules: (schema['x-kubernetes-validations']?.length ?? 0) > 0 || below.some((node) => node.hasRules),
  };
}

/** The node of a property, by name or by `additionalProperties`. */
export function propertyNode(node: Node, name: string): Node | undefined {
  const named = node.properties.get(name);
  if (named !== undefined) return named;
  return isNode(node.additional) ? node.additional : undefined;
}

/** Finds what an item of a list was before: by the keys of a list of type map; items of other lists have no history. */
export function itemFinder(schema: JsonSchema, old: readonly unknown[]): (item: unknown) => unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || old.length === 0) return () => undefined;
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const of = (item: unknown): unknown[] => keys.map((name) => (isObject(item) ? (own(item, name) ?? null) : null));
  return (item) => old.find((other) => jsonEqual(of(other), of(item)));
}
