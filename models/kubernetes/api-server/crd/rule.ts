/**
 * CEL rules of a schema: compiled with it, run against objects.
 * Source: apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { isLeft, type Either } from 'fp-ts/lib/Either.js';
import { baseEnvironment, optionalOf } from '../cel/library.ts';
import { compile, type Program } from '../cel/program.ts';
import { isObject, jsonEqual, own, type JsonObject } from '../patch/json-value.ts';
import { child, duplicate, errorText, forbiddenValue, index, invalidValue, key, required, type FieldError } from '../status/field-error.ts';
import type { ValidationRule } from './definition.ts';
import { declareType, toCel, TypeNames } from './cel-type.ts';
import { itemFinder, type Node } from './node.ts';

/** A rule that can run. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly usesOldSelf: boolean;
  readonly program: Either<string, Program>;
  readonly message: Either<string, Program> | undefined;
}

/** The rules of one node and of those below it. */
export interface RuleTree {
  readonly node: Node;
  readonly isResource: boolean;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly additional: RuleTree | undefined;
  readonly items: RuleTree | undefined;
}

/** Compiles all rules of a schema; nothing when it has none. `untyped` runs them. */
export function compileRules(node: Node, isResource: boolean): RuleTree | undefined {
  return node.hasRules ? tree(node, isResource, runningEnvironment()) : undefined;
}

/** Variables of unknown type: `oldSelf` is an optional when a rule asks for that. */
const runningEnvironment = (): Environment => baseEnvironment().registerVariable('self', 'dyn').registerVariable('oldSelf', 'dyn');

function tree(node: Node, isResource: boolean, running: Environment): RuleTree | undefined {
  if (!node.hasRules) return undefined;
  const properties = new Map<string, RuleTree>();
  for (const [name, inner] of node.properties) {
    const below = tree(inner, inner.isEmbedded, running);
    if (below !== undefined) properties.set(name, below);
  }
  const below = (inner: Node | boolean | undefined): RuleTree | undefined => (typeof inner === 'object' ? tree(inner, inner.isEmbedded, running) : undefined);
  const rules = node.schema['x-kubernetes-validations'] ?? [];
  return {
    node,
    isResource,
    rules: rules.length === 0 ? [] : compileEach(node, isResource, rules, running),
    properties,
    additional: below(node.additional),
    items: below(node.items),
  };
}

function compileEach(node: Node, isResource: boolean, rules: readonly ValidationRule[], running: Environment): CompiledRule[] {
  const base = baseEnvironment();
  const type = declareType(base, node, isResource, new TypeNames());
  base.registerVariable('self', type);
  const plain = base.clone().registerVariable('oldSelf', type);
  const optional = base.clone().registerVariable('oldSelf', `optional<${type}>`);
  return rules.map((rule) => {
    const env = rule.optionalOldSelf === true ? optional : plain;
    const program = compile(rule.rule.trim(), env, running);
    const usesOldSelf = !isLeft(program) && program.right.mentions('oldSelf');
    const message = rule.messageExpression === undefined || rule.messageExpression.trim() === '' ? undefined : compile(rule.messageExpression.trim(), env, running);
    return { rule, usesOldSelf, program, message };
  });
}

/** What a run of the rules may say besides errors: texts of warnings for what was wrong before already. */
interface Run {
  readonly errors: FieldError[];
  readonly warnings: string[];
}

/** Runs all rules. `old` is undefined for a create. Errors in parts that did not change become warnings (ratcheting). */
export function runRules(rules: RuleTree | undefined, value: JsonObject, old: JsonObject | undefined): Run {
  const run: Run = { errors: [], warnings: [] };
  if (rules !== undefined) visit(rules, value, old, '', old !== undefined && jsonEqual(value, old), run);
  return run;
}

function visit(at: RuleTree, value: unknown, old: unknown, path: string, isUnchanged: boolean, run: Run): void {
  if (value === null || value === undefined) return;
  if (at.rules.length > 0) evaluate(at, value, old, path, isUnchanged, run);
  const isSame = (next: unknown, before: unknown): boolean => isUnchanged || (before !== undefined && before !== null && jsonEqual(next, before));
  if (Array.isArray(value)) {
    const { items } = at;
    if (items === undefined) return;
    const find = itemFinder(at.node.schema, Array.isArray(old) ? old : []);
    for (const [position, item] of value.entries()) visit(items, item, find(item), index(path, position), isSame(item, find(item)), run);
    return;
  }
  if (!isObject(value)) return;
  const correlates = at.node.schema['x-kubernetes-map-type'] !== 'atomic';
  for (const name of Object.keys(value).sort()) {
    const named = at.properties.get(name);
    const below = named ?? (at.node.properties.has(name) ? undefined : at.additional);
    if (below === undefined) continue;
    const before = isObject(old) ? own(old, name) : undefined;
    visit(below, value[name], correlates ? before : undefined, named === undefined ? key(path, name) : child(path, name), isSame(value[name], before), run);
  }
}

function evaluate({ node, isResource, rules }: RuleTree, value: unknown, old: unknown, path: string, isUnchanged: boolean, run: Run): void {
  const self = toCel(node, value, isResource);
  const hasOld = old !== undefined && old !== null;
  const oldSelf = hasOld ? toCel(node, old, isResource) : undefined;
  const type = node.isIntOrString ? '' : (node.schema.type ?? '');
  for (const { rule, program, usesOldSelf, message } of rules) {
    if (isLeft(program)) {
      run.errors.push(invalidValue(shownPath(path), type, `rule compile error: ${program.left}`));
      continue;
    }
    const isOptional = rule.optionalOldSelf === true;
    if (usesOldSelf && !hasOld && !isOptional) continue;
    const variables = { self, oldSelf: isOptional ? optionalOf(oldSelf) : oldSelf };
    const result = program.right.run(variables);
    if (!isLeft(result) && result.right === true) continue;
    if (isLeft(result)) {
      const text = result.left.startsWith('no such overload')
        ? `'${result.left}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
        : `${result.left} evaluating rule: ${ruleText(rule)}`;
      run.errors.push(invalidValue(shownPath(path), type, text));
      continue;
    }
    const error = failure(rule, `${path}${normalizedPath(rule.fieldPath)}`.replace(/^\./, ''), type, detailOf(rule, message, variables));
    if (!usesOldSelf && isUnchanged) run.warnings.push(errorText(error));
    else run.errors.push(error);
  }
}

const shownPath = (path: string): string => (path === '' ? '<nil>' : path);
const ruleText = ({ message, rule }: ValidationRule): string => (message ? message : rule).trim();

/** The rule's fieldPath as it stands in errors: `.spec.x['a.b']` becomes `.spec.x[a.b]` for maps, `.a.b` for fields. */
const normalizedPath = (path: string | undefined): string =>
  path === undefined ? '' : path.trim().replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_all, name: string) => `.${name.replace(/\\(.)/g, '$1')}`);

/** The longest message that an expression may make. */
const MESSAGE_BYTES_MAX = 5 * 1024;

function detailOf(rule: ValidationRule, message: Either<string, Program> | undefined, variables: Readonly<Record<string, unknown>>): string {
  if (message !== undefined && !isLeft(message)) {
    const made = message.right.run(variables);
    const text = isLeft(made) || typeof made.right !== 'string' ? '' : made.right.trim();
    if (text !== '' && text.length <= MESSAGE_BYTES_MAX && !text.includes('\n')) return text;
  }
  return rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`;
}

function failure({ reason }: ValidationRule, path: string, type: string, detail: string): FieldError {
  const field = shownPath(path);
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenValue(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return duplicate(field, type);
    default:
      return invalidValue(field, type, detail);
  }
}
