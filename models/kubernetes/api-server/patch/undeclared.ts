/**
 * Fields of a configuration that its type does not declare: server-side apply cannot own them, whatever field validation says.
 *
 * Upstream: structured-merge-diff/typed/validate.go, apimachinery/pkg/util/managedfields/internal/structuredmerge.go (`Apply`).
 */
import { isObject, own, type JsonObject } from './json-value.ts';
import type { ListShape, Shape } from './shape.ts';

/** The paths, each with what is wrong, in the configuration's order. */
function undeclared(shape: Shape, value: unknown, path: string, found: string[]): string[] {
  if (Array.isArray(value)) {
    if (shape.kind === 'list') value.forEach((item, index) => undeclared(shape.items, item, `${path}${itemText(shape, item, index)}`, found));
    return found;
  }
  if (!isObject(value)) return found;
  for (const [name, inner] of Object.entries(value)) {
    const at = `${path}.${name}`;
    if (shape.kind === 'map') undeclared(shape.values, inner, at, found);
    if (shape.kind !== 'structure') continue;
    const field = shape.fields.get(name);
    if (field !== undefined) undeclared(field.shape(), inner, at, found);
    else if (shape.rest === undefined) found.push(`${at}: field not declared in schema`);
    else undeclared(shape.rest, inner, at, found);
  }
  return found;
}

/** How paths name an item: by its keys where the list has some. */
function itemText({ type }: ListShape, item: unknown, index: number): string {
  if (type === 'atomic' || !isObject(item)) return `[${index}]`;
  if (type === 'set') return `[=${JSON.stringify(item)}]`;
  return `[${type.map(({ name, fallback }) => `${name}=${JSON.stringify(own(item, name) ?? fallback ?? null)}`).join(',')}]`;
}

/** Why a configuration has no typed form; undefined when it has one. */
export function typedError(shape: Shape, config: JsonObject): string | undefined {
  const errors = undeclared(shape, config, '', []);
  if (errors.length === 0) return undefined;
  const { apiVersion = '', kind = '', metadata = {} } = config as { apiVersion?: string; kind?: string; metadata?: { name?: string; namespace?: string } };
  const type = `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;
  const text = errors.length === 1 ? errors[0] : `errors:\n  ${errors.join('\n  ')}`;
  return `failed to create typed patch object (${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${type}): ${text}`;
}
