/**
 * Canonical JSON: one text per value, whatever the order in which its members were inserted.
 *
 * Members are ordered by the UTF-16 code units of their keys, without white space; numbers and strings are written as
 * ECMAScript writes them. What JSON would silently change (NaN, infinities, -0, dates, class instances, holes) is refused
 * with a JSON pointer, because a log that normalises hides the bug that made the value. The one leniency: a member that is
 * `undefined` is absent, as the type {@link Json} says; in an array it is refused. A value whose keys are in order already
 * costs a scan and one `JSON.stringify`; others are written by hand, at about twice the price.
 */

/** Thrown for a value that has no canonical text. `pointer` (RFC 6901) says where in the value. */
export class NotCanonical extends Error {
  override readonly name = 'NotCanonical';
  readonly pointer: string;

  constructor(pointer: string, what: string) {
    super(`${pointer === '' ? 'the value itself' : pointer} is ${what}, which the log cannot hold`);
    this.pointer = pointer;
  }
}

/** Deeper values are refused: they are cycles, or a bug that is about to become one. */
const DEPTH_MAX = 256;

/** The canonical text of `value`. Throws {@link NotCanonical}. */
export function canonical(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (value - value !== 0 || (value === 0 && 1 / value < 0)) refuse(value);
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      switch (scan(value, 0)) {
        case SORTED:
          return JSON.stringify(value);
        case UNSORTED:
          return write(value);
        default:
          return refuse(value);
      }
    default:
      return refuse(value);
  }
}

/** The value that a canonical text stands for. */
export function parse(text: string): unknown {
  return JSON.parse(text) as unknown;
}

const SORTED = 0;
const UNSORTED = 1;
const ILLEGAL = 2;

/** Says whether all keys below `value` are in order, and whether everything is plain data. Allocates nothing. */
function scan(value: object, depth: number): number {
  if (depth > DEPTH_MAX) return ILLEGAL;
  let verdict = SORTED;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const found = scanOne(value[i], depth);
      if (found > verdict) {
        if (found === ILLEGAL) return ILLEGAL;
        verdict = found;
      }
    }
    return verdict;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return ILLEGAL;
  let last = '';
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    if (key < last) verdict = UNSORTED;
    last = key;
    if (typeof member === 'string') continue;
    const found = scanOne(member, depth);
    if (found > verdict) {
      if (found === ILLEGAL) return ILLEGAL;
      verdict = found;
    }
  }
  return verdict;
}

function scanOne(value: unknown, depth: number): number {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return SORTED;
    case 'number':
      return value - value !== 0 || (value === 0 && 1 / value < 0) ? ILLEGAL : SORTED;
    case 'object':
      return value === null ? SORTED : scan(value, depth + 1);
    default:
      return ILLEGAL;
  }
}

/** What must be escaped in JSON, or might be: a lone half of a surrogate pair. */
// eslint-disable-next-line no-control-regex -- control characters are exactly what JSON escapes.
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** Writes a value that {@link scan} found legal, with its keys in order. */
function write(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    let text = '[';
    for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ',') + write(value[i]);
    return `${text}]`;
  }
  const object = value as Record<string, unknown>;
  let text = '{';
  for (const key of sortedKeys(object)) {
    const member = object[key];
    if (member !== undefined) text += `${text === '{' ? '' : ','}${quote(key)}:${write(member)}`;
  }
  return `${text}}`;
}

/** The keys by code units. Insertion sort: objects are small and nearly in order. */
function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object);
  if (keys.length > 32) return keys.sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i] as string;
    let at = i;
    while (at > 0 && (keys[at - 1] as string) > key) {
      keys[at] = keys[at - 1] as string;
      at--;
    }
    keys[at] = key;
  }
  return keys;
}

/** Walks again, slowly, to say what is wrong and where. */
function refuse(value: unknown): never {
  explain(value, '', []);
  throw new NotCanonical('', 'not plain JSON');
}

function explain(value: unknown, pointer: string, ancestors: readonly object[]): void {
  const illegal = illegality(value);
  if (illegal !== undefined) throw new NotCanonical(pointer, illegal);
  if (typeof value !== 'object' || value === null) return;
  if (ancestors.includes(value)) throw new NotCanonical(pointer, 'a cycle (the value contains itself)');
  if (ancestors.length > DEPTH_MAX) throw new NotCanonical(pointer, `nested deeper than ${DEPTH_MAX} levels`);
  const below = [...ancestors, value];
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) explain(value[i], `${pointer}/${i}`, below);
    return;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) explain(member, `${pointer}/${escapePointer(key)}`, below);
  }
}

function illegality(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      if (Object.is(value, -0)) return '-0';
      return Number.isFinite(value) ? undefined : String(value);
    case 'object': {
      if (value === null || Array.isArray(value)) return undefined;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) return undefined;
      const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name;
      return `an instance of ${typeof name === 'string' && name !== '' ? name : 'a class'}`;
    }
    default:
      return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`;
  }
}

/** One reference token of a JSON pointer (RFC 6901 section 3). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
