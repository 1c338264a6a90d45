/**
 * Go's dump of an API value, as go-spew writes it with `%#v`: types, field names and values, no addresses.
 *
 * `spew.ConfigState{Indent: " ", SortKeys: true, DisableMethods: true, SpewKeys: true, DisablePointerAddresses: true,
 * DisableCapacities: true}.Sprintf("%#v", value)`. The value is taken as a component has it that read it from the API server in
 * protobuf: empty lists and maps are nil there, and quantities were parsed from their canonical text.
 * Source: apimachinery/pkg/util/dump/dump.go (ForHash); github.com/davecgh/go-spew/spew/format.go.
 */
import { dumpQuantity } from './quantity-dump.ts';
import { GO_STRUCTS } from './struct-layout.ts';

const NIL = '<nil>';
const ZERO_TIME = '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';
const INTEGERS: ReadonlySet<string> = new Set(['int32', 'int64']);
const MAPS: Readonly<Record<string, string>> = { 'v1.ResourceList': 'resource.Quantity', 'map[string]string': 'string' };

/** The dump of `value`, an API value in JSON form, as the Go type `type`. */
export const goDump = (type: string, value: unknown): string => dump(type, value, true);

function dump(type: string, value: unknown, isTyped: boolean): string {
  if (type.startsWith('*')) return value === undefined || value === null ? pointer(type, isTyped) + NIL : pointer(type, isTyped) + dump(type.slice(1), value, false);
  return (isTyped ? `(${shown(type)})` : '') + body(type, value);
}

const pointer = (type: string, isTyped: boolean): string => (isTyped ? `(${shown(type)})` : '<*>');

/** Go writes the last part of a package's path only: `discovery/v1.EndpointPort` is `v1.EndpointPort`. */
const shown = (type: string): string => type.replace(/^([*[\]]*)[a-z]+\//, '$1');

function body(type: string, value: unknown): string {
  if (type.startsWith('[]')) return list(type.slice(2), value as readonly unknown[] | undefined);
  const values = MAPS[type];
  if (values !== undefined) return map(values, value as Readonly<Record<string, unknown>> | undefined);
  const fields = GO_STRUCTS.get(type);
  if (fields !== undefined) {
    const object = (value ?? {}) as Readonly<Record<string, unknown>>;
    return `{${fields.map(({ name, type: of, json }) => `${name}:${dump(of, json === undefined ? object : object[json], true)}`).join(' ')}}`;
  }
  if (INTEGERS.has(type)) return String(value ?? 0);
  if (type === 'bool') return String(value ?? false);
  if (type === 'resource.Quantity') return dumpQuantity(value as string | number | undefined);
  if (type === 'intstr.IntOrString') return dumpIntOrString(value as string | number | undefined);
  if (type === 'v1.Time') return ZERO_TIME;
  return String(value ?? '');
}

function list(type: string, items: readonly unknown[] | undefined | null): string {
  if (items === undefined || items === null || items.length === 0) return NIL;
  return `[${items.map((item) => dump(type, item, false)).join(' ')}]`;
}

function map(type: string, entries: Readonly<Record<string, unknown>> | undefined | null): string {
  const keys = Object.keys(entries ?? {}).sort();
  if (entries === undefined || entries === null || keys.length === 0) return NIL;
  return `map[${keys.map((key) => `${key}:${dump(type, entries[key], false)}`).join(' ')}]`;
}

function dumpIntOrString(value: string | number | undefined): string {
  const isText = typeof value === 'string';
  return `{Type:(intstr.Type)${isText ? 1 : 0} IntVal:(int32)${isText ? 0 : (value ?? 0)} StrVal:(string)${isText ? value : ''}}`;
}
