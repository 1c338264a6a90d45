/**
 * The part of kubectl's JSONPath that columns and scale paths of custom resources use.
 *
 * `.spec.size`, `.status.conditions[?(@.type=="Ready")].status`, `.items[0]`, `[1:3]`, `.spec['a.b']`, `[*]`, `..name`. A path
 * that finds nothing gives an empty list. Upstream: client-go/util/jsonpath.
 */
import { isObject, own } from '../patch/json-value.ts';

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly at: number }
  | { readonly kind: 'slice'; readonly from: number; readonly to: number | undefined; readonly by: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'descend' }
  | { readonly kind: 'filter'; readonly path: readonly string[]; readonly operator: string; readonly value: unknown };

const FIELD = /^\.([^.[\]]+)/;
const QUOTED = /^\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/;
const INDEX = /^\[(-?\d+)\]/;
const ALL = /^(?:\[\*\]|\.\*)/;
const SLICE = /^\[(-?\d*):(-?\d*)(?::(\d+))?\]/;
const FILTER = /^\[\?\(\s*@((?:\.[^.=!<>\s)]+)+)\s*(?:(==|!=|<=|>=|<|>)\s*(?:"([^"]*)"|'([^']*)'|([^)\s]+))\s*)?\)\]/;

/** A compiled path; undefined when the text is none of the supported forms. */
export function parseJsonPath(text: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = text.replace(/^\{(.*)\}$/, '$1').replace(/^\$/, '');
  if (rest !== '' && !rest.startsWith('.') && !rest.startsWith('[')) rest = `.${rest}`;
  while (rest !== '') {
    const matched = nextStep(rest);
    if (matched === undefined) return undefined;
    steps.push(matched.step);
    rest = rest.slice(matched.length);
  }
  return steps;
}

function nextStep(rest: string): { readonly step: Step; readonly length: number } | undefined {
  const all = ALL.exec(rest);
  if (all) return { step: { kind: 'all' }, length: all[0].length };
  const index = INDEX.exec(rest);
  if (index) return { step: { kind: 'index', at: Number(index[1]) }, length: index[0].length };
  const quoted = QUOTED.exec(rest);
  if (quoted) return { step: { kind: 'field', name: (quoted[1] ?? quoted[2] ?? '').replaceAll(/\\(.)/g, '$1') }, length: quoted[0].length };
  const filter = FILTER.exec(rest);
  if (filter) {
    const literal = filter[3] ?? filter[4] ?? scalar(filter[5] ?? '');
    const path = (filter[1] ?? '').split('.').slice(1);
    return { step: { kind: 'filter', path, operator: filter[2] ?? 'exists', value: literal }, length: filter[0].length };
  }
  const slice = SLICE.exec(rest);
  if (slice) {
    const [whole, from = '', to = '', by = ''] = slice;
    return { step: { kind: 'slice', from: Number(from), to: to === '' ? undefined : Number(to), by: by === '' ? 1 : Number(by) }, length: whole.length };
  }
  if (rest.startsWith('..')) return { step: { kind: 'descend' }, length: 1 };
  const field = escapedField(rest);
  return field === undefined ? undefined : { step: { kind: 'field', name: field.name }, length: field.length };
}

/** `.a\.b` names one field with a dot in it. */
function escapedField(rest: string): { readonly name: string; readonly length: number } | undefined {
  if (!FIELD.test(rest)) return undefined;
  let name = '';
  let at = 1;
  while (at < rest.length) {
    const char = rest.charAt(at);
    if (char === '\\' && at + 1 < rest.length) {
      name += rest.charAt(at + 1);
      at += 2;
      continue;
    }
    if (char === '.' || char === '[') break;
    name += char;
    at += 1;
  }
  return { name, length: at };
}

const scalar = (text: string): unknown => {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isNaN(number) ? text : number;
};

const follow = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((at: unknown, name) => (isObject(at) ? own(at, name) : undefined), value);

function step(value: unknown, { ...at }: Step): readonly unknown[] {
  switch (at.kind) {
    case 'field': {
      const found = isObject(value) ? own(value, at.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found = Array.isArray(value) ? value.at(at.at) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'all':
      return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    case 'slice':
      return Array.isArray(value) ? value.slice(at.from, at.to).filter((_, i) => i % at.by === 0) : [];
    case 'descend':
      return descendants(value);
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => holds(follow(item, at.path), at.operator, at.value)) : [];
  }
}

/** A value and everything inside it, outermost first. */
function descendants(value: unknown): readonly unknown[] {
  const inner = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  return [value, ...inner.flatMap(descendants)];
}

function holds(left: unknown, operator: string, right: unknown): boolean {
  switch (operator) {
    case 'exists':
      return left !== undefined;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
  }
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const order = left < (right as typeof left) ? -1 : left > (right as typeof left) ? 1 : 0;
  return operator === '<' ? order < 0 : operator === '>' ? order > 0 : operator === '<=' ? order <= 0 : order >= 0;
}

/** All values that a path finds. */
export const findJsonPath = (value: unknown, steps: readonly Step[]): readonly unknown[] =>
  steps.reduce((found: readonly unknown[], part) => found.flatMap((item) => step(item, part)), [value]);
