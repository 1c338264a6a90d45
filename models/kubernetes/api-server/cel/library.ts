/**
 * The functions that Kubernetes adds to CEL: lists, strings, regex, URLs, quantities, IP addresses, sets.
 *
 * All are pure and deterministic. Source: apiserver/pkg/cel/library/*.go, apiserver/pkg/cel/environment/base.go (what 1.32
 * offers), cel-go/ext/{strings,sets}.go.
 */
import { Environment, Optional } from '@marcbachmann/cel-js';
import { isLeft } from 'fp-ts/lib/Either.js';
import { addQuantity, compareQuantity, parseQuantity, quantityFrom, subQuantity, type Quantity as Amount } from '../../object/quantity.ts';
import { patternOf } from '../crd/node.ts';
import { formatText } from './format.ts';
import { registerNetwork } from './network.ts';
import { equalValues } from './equal.ts';

/** An error of a library function, in upstream's words. */
export class CelFailure extends Error {}

const fail = (text: string): never => {
  throw new CelFailure(text);
};

type Comparable = bigint | number | string | boolean | { valueOf(): unknown };

class Quantity {
  readonly amount: Amount;
  constructor(amount: Amount) {
    this.amount = amount;
  }
}

/** A parsed absolute URL. */
class Url {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
  constructor(parts: readonly string[]) {
    [this.scheme, this.host, this.path, this.query] = parts as [string, string, string, string];
  }
}

/** The environment that all expressions share; callers clone it and declare their variables. */
export function baseEnvironment(): Environment {
  const env = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false });
  registerLists(env);
  registerStrings(env);
  registerQuantities(env);
  registerUrls(env);
  registerSets(env);
  registerNetwork(env, fail);
  return env;
}

const less = (a: Comparable, b: Comparable): boolean => (a as number) < (b as number);

function registerLists(env: Environment): void {
  const extreme = (name: string, wins: (a: Comparable, b: Comparable) => boolean) => (list: readonly Comparable[]): Comparable => {
    if (list.length === 0) fail(`${name} called on empty list`);
    return list.reduce((best, item) => (wins(item, best) ? item : best));
  };
  env.registerFunction('list<dyn>.isSorted(): bool', (list: readonly Comparable[]) => list.every((item, at) => at === 0 || !less(item, list[at - 1] as Comparable)));
  env.registerFunction('list<dyn>.sum(): dyn', (list: readonly (bigint | number)[]) => {
    if (list.length === 0) return 0n;
    return list.reduce((sum, item) => (sum as number) + (item as number));
  });
  env.registerFunction('list<dyn>.min(): dyn', extreme('min', less));
  env.registerFunction('list<dyn>.max(): dyn', extreme('max', (a, b) => less(b, a)));
  env.registerFunction('list<dyn>.indexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.findIndex((other) => equalValues(other, item))));
  env.registerFunction('list<dyn>.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) => BigInt(list.findLastIndex((other) => equalValues(other, item))));
}

function regex(text: string): RegExp {
  return patternOf(text) ?? fail(`Illegal regex: ${text}`);
}

function registerStrings(env: Environment): void {
  env.registerFunction('string.charAt(int): string', (text: string, at: bigint) => {
    const letters = [...text];
    if (at < 0n || at > BigInt(letters.length)) fail(`index out of range: ${at}`);
    return letters[Number(at)] ?? '';
  });
  env.registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) => text.replaceAll(from, () => to));
  env.registerFunction('string.replace(string, string, int): string', (text: string, from: string, to: string, limit: bigint) => {
    if (limit < 0n) return text.replaceAll(from, () => to);
    let left = Number(limit);
    return text.replaceAll(from, (found) => (left-- > 0 ? to : found));
  });
  env.registerFunction('string.reverse(): string', (text: string) => [...text].toReversed().join(''));
  env.registerFunction('string.format(list<dyn>): string', (text: string, values: readonly unknown[]) => formatText(text, values, fail));
  env.registerFunction('string.find(string): string', (text: string, pattern: string) => regex(pattern).exec(text)?.[0] ?? '');
  const findAll = (text: string, pattern: string, limit: bigint): string[] => {
    const source = regex(pattern);
    const all = [...text.matchAll(new RegExp(source.source, `${source.flags}g`))].map(([found]) => found);
    return limit < 0n ? all : all.slice(0, Number(limit));
  };
  env.registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => findAll(text, pattern, -1n));
  env.registerFunction('string.findAll(string, int): list<string>', findAll);
}

function registerQuantities(env: Environment): void {
  const type = 'kubernetes.Quantity';
  const parsed = (text: string): Quantity => {
    const result = parseQuantity(text);
    return isLeft(result) ? fail(result.left) : new Quantity(result.right);
  };
  const isInteger = ({ amount }: Quantity): boolean => amount.nanos % 1_000_000_000n === 0n;
  env.registerType(type, Quantity);
  env.registerFunction(`quantity(string): ${type}`, parsed);
  env.registerFunction('isQuantity(string): bool', (text: string) => !isLeft(parseQuantity(text)));
  env.registerFunction(`${type}.isInteger(): bool`, isInteger);
  env.registerFunction(`${type}.asInteger(): int`, (value: Quantity) => (isInteger(value) ? value.amount.nanos / 1_000_000_000n : fail('cannot convert value to integer')));
  env.registerFunction(`${type}.asApproximateFloat(): double`, ({ amount }: Quantity) => Number(amount.nanos) / 1e9);
  env.registerFunction(`${type}.sign(): int`, ({ amount }: Quantity) => (amount.nanos > 0n ? 1n : amount.nanos < 0n ? -1n : 0n));
  env.registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => compareQuantity(a.amount, b.amount) < 0);
  env.registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => compareQuantity(a.amount, b.amount) > 0);
  env.registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) => BigInt(compareQuantity(a.amount, b.amount)));
  env.registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => compareQuantity(a.amount, b.amount) === 0);
  for (const [name, combine] of [['add', addQuantity], ['sub', subQuantity]] as const) {
    env.registerFunction(`${type}.${name}(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(combine(a.amount, b.amount)));
    env.registerFunction(`${type}.${name}(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(combine(a.amount, quantityFrom(b))));
  }
}

/** An absolute URI with a scheme, or an absolute path, as Go's url.ParseRequestURI takes it. */
function parseUrl(text: string): Url | undefined {
  const match = /^(?:([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?)?([^?]*)(?:\?(.*))?$/.exec(text);
  if (match === null || /[\s\u0000-\u001f]/.test(text)) return undefined;
  const [, scheme = '', host = '', path = '', query = ''] = match;
  if (scheme === '' && !path.startsWith('/')) return undefined;
  return new Url([scheme, host.slice(host.lastIndexOf('@') + 1), path, query]);
}

function registerUrls(env: Environment): void {
  const type = 'kubernetes.URL';
  env.registerType(type, Url);
  env.registerFunction(`url(string): ${type}`, (text: string) => parseUrl(text) ?? fail(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`));
  env.registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined);
  env.registerFunction(`${type}.getScheme(): string`, ({ scheme }: Url) => scheme);
  env.registerFunction(`${type}.getHost(): string`, ({ host }: Url) => host);
  env.registerFunction(`${type}.getHostname(): string`, ({ host }: Url) => host.replace(/:\d*$/, '').replace(/^\[|\]$/g, ''));
  env.registerFunction(`${type}.getPort(): string`, ({ host }: Url) => /:(\d*)$/.exec(host)?.[1] ?? '');
  env.registerFunction(`${type}.getEscapedPath(): string`, ({ path }: Url) => path);
  env.registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ query }: Url) => {
    const out: Record<string, string[]> = {};
    for (const part of query === '' ? [] : query.split('&')) {
      const [name = '', value = ''] = part.split('=').map((piece) => decodeURIComponent(piece.replaceAll('+', ' ')));
      (out[name] ??= []).push(value);
    }
    return out;
  });
}

class SetsNamespace {}

function registerSets(env: Environment): void {
  const includes = (list: readonly unknown[], item: unknown): boolean => list.some((other) => equalValues(other, item));
  const contains = (a: readonly unknown[], b: readonly unknown[]): boolean => b.every((item) => includes(a, item));
  env.registerType('SetsNamespace', SetsNamespace);
  env.registerConstant('sets', 'SetsNamespace', new SetsNamespace());
  env.registerFunction('SetsNamespace.contains(list<dyn>, list<dyn>): bool', (_sets: unknown, a: unknown[], b: unknown[]) => contains(a, b));
  env.registerFunction('SetsNamespace.equivalent(list<dyn>, list<dyn>): bool', (_sets: unknown, a: unknown[], b: unknown[]) => contains(a, b) && contains(b, a));
  env.registerFunction('SetsNamespace.intersects(list<dyn>, list<dyn>): bool', (_sets: unknown, a: unknown[], b: unknown[]) => a.some((item) => includes(b, item)));
}

/** An optional value: nothing for undefined. */
export const optionalOf = (value: unknown): unknown => (value === undefined ? Optional.none() : Optional.of(value));
