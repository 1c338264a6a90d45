/**
 * What is published of a custom resource's schema: its own, with the fields that every object has.
 *
 * Version 2 is read by kubectl, which takes any schema with properties for a complete one; so there nothing is said about
 * what may hold unknown fields. Source: apiextensions-apiserver/pkg/controller/openapi/{builder/builder,v2/conversion}.go.
 */
import { own } from '../patch/json-value.ts';
import { OBJECT_META, ref, type Flavour, type GroupVersionKind, type Schema } from './open-api-schema.ts';

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const EMBEDDED = 'x-kubernetes-embedded-resource';
const API_VERSION = 'More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
const KIND = 'In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';
const METADATA = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

export function customSchema(schema: unknown, flavour: Flavour, kind: GroupVersionKind): Schema {
  const named = { 'x-kubernetes-group-version-kind': [kind] };
  const base = isSchema(schema) ? schema : { type: 'object' };
  if (flavour === 'v2' && own(base, PRESERVE) === true) return { type: 'object', ...named };
  const published = walk(base, flavour);
  const properties = {
    ...(own(published, 'properties') as Schema | undefined),
    apiVersion: text(`APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. ${API_VERSION}`),
    kind: text(`Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. ${KIND}`),
    metadata: metadata(flavour),
  };
  return { ...published, properties, ...named };
}

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (description: string): Schema => ({ description, type: 'string' });
const metadata = (flavour: Flavour): Schema => (flavour === 'v2' ? { ...ref(OBJECT_META, flavour), description: METADATA } : { description: METADATA, allOf: [ref(OBJECT_META, flavour)] });

/** A schema and those inside it, as the flavour can say them. */
function walk(schema: Schema, flavour: Flavour): Schema {
  const out: Record<string, unknown> = { ...schema };
  if (flavour === 'v2') simplify(out);
  if (isSchema(out['properties'])) out['properties'] = Object.fromEntries(Object.entries(out['properties']).map(([name, inner]) => [name, isSchema(inner) ? walk(inner, flavour) : inner]));
  for (const name of ['items', 'additionalProperties']) if (isSchema(out[name])) out[name] = walk(out[name], flavour);
  if (own(out, EMBEDDED) === true && !(flavour === 'v2' && own(out, PRESERVE) === true)) embed(out, flavour);
  return out;
}

/** Leaves out what version 2 does not know, or what kubectl would misread. */
function simplify(schema: Record<string, unknown>): void {
  for (const name of ['allOf', 'anyOf', 'oneOf', 'not']) delete schema[name];
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const isNullable = (name: string): boolean => isSchema(own(properties, name)) && (own(properties, name) as Schema)['nullable'] === true;
  if (Array.isArray(schema['required'])) {
    const required = (schema['required'] as string[]).filter((name) => !isNullable(name));
    if (required.length === 0) delete schema['required'];
    else schema['required'] = required;
  }
  const isOpen = schema[PRESERVE] === true;
  if (schema['nullable'] === true || isOpen) for (const name of ['items', 'properties']) delete schema[name];
  const isUntyped = schema['nullable'] === true || (schema['type'] === 'array' && schema['items'] === undefined) || (isOpen && schema['type'] === 'object');
  if (isUntyped) delete schema['type'];
  delete schema['nullable'];
}

/** An object inside of another has a type and metadata too. */
function embed(schema: Record<string, unknown>, flavour: Flavour): void {
  const required = new Set([...((schema['required'] as string[] | undefined) ?? []), 'kind', 'apiVersion']);
  schema['properties'] = {
    ...(schema['properties'] as Schema | undefined),
    apiVersion: text(`apiVersion defines the versioned schema of this representation of an object. ${API_VERSION}`),
    kind: text(`kind is a string value representing the type of this object. ${KIND}`),
    metadata: metadata(flavour),
  };
  schema['required'] = [...required];
}
