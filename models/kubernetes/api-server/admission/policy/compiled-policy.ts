/**
 * A ValidatingAdmissionPolicy, compiled: conditions, variables, validations.
 * Source: apiserver/pkg/admission/plugin/policy/validating/{policy,validator,typechecking}.go.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { isLeft, type Either } from 'fp-ts/lib/Either.js';
import { CelFailure } from '../../cel/library.ts';
import { compile, type Program } from '../../cel/program.ts';
import type { KubeObject } from '../../../object/types.ts';
import { admissionEnvironment, compileConditions, type CompiledCondition, type NamedExpression, type Variables } from '../match/condition.ts';
import type { MatchResources } from '../match/resource-rule.ts';

export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

export interface PolicySpec {
  readonly paramKind?: { readonly apiVersion: string; readonly kind: string };
  readonly matchConstraints?: MatchResources;
  readonly validations?: readonly Validation[];
  readonly failurePolicy?: string;
  readonly matchConditions?: readonly NamedExpression[];
  readonly variables?: readonly NamedExpression[];
}

export interface Policy extends KubeObject {
  readonly spec: PolicySpec;
}

export interface CompiledValidation {
  readonly validation: Validation;
  readonly program: Either<string, Program>;
  readonly message: Either<string, Program> | undefined;
}

export interface CompiledPolicy {
  readonly conditions: readonly CompiledCondition[];
  readonly variables: readonly CompiledCondition[];
  readonly validations: readonly CompiledValidation[];
}

/** An environment in which `variables` has just the names that were declared so far. */
function environments(spec: PolicySpec): { readonly conditions: Environment; readonly after: (count: number) => Environment } {
  const declared = spec.paramKind === undefined ? [] : ['params'];
  const names = (spec.variables ?? []).map(({ name }) => name);
  return {
    conditions: admissionEnvironment(declared),
    after: (count) => {
      const env = admissionEnvironment(declared);
      env.registerType('kubernetes.variables', { fields: Object.fromEntries(names.slice(0, count).map((name) => [name, 'dyn'])) });
      return env.registerVariable('variables', 'kubernetes.variables');
    },
  };
}

/** Compiles all expressions; those that are wrong keep their error. */
export function compilePolicy(spec: PolicySpec): CompiledPolicy {
  const { conditions, after } = environments(spec);
  const variables = spec.variables ?? [];
  const running = admissionEnvironment(['params', 'variables']);
  const full = after(variables.length);
  return {
    conditions: compileConditions(spec.matchConditions, conditions),
    variables: variables.map(({ name, expression }, at) => ({ name, expression, program: compile(expression.trim(), after(at), running) })),
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: compile(validation.expression.trim(), full, running),
      message: validation.messageExpression ? compile(validation.messageExpression.trim(), full, running) : undefined,
    })),
  };
}

/** The variables with the policy's own ones, each computed at its first use. */
export function withVariables({ variables }: CompiledPolicy, base: Variables): Variables {
  const own: Record<string, unknown> = {};
  const all: Variables = { ...base, variables: own };
  for (const { name, program } of variables) {
    let computed: Either<string, unknown> | undefined;
    Object.defineProperty(own, name, {
      enumerable: true,
      get: () => {
        computed ??= isLeft(program) ? program : program.right.run(all);
        if (isLeft(computed)) throw new CelFailure(`composited variable "${name}" fails to evaluate: ${computed.left}`);
        return computed.right;
      },
    });
  }
  return all;
}

export type Decision = { readonly message: string; readonly reason: string };

/** The denials of a policy for one set of variables. Errors count by the failure policy. */
export function denials(spec: PolicySpec, compiled: CompiledPolicy, variables: Variables): readonly Decision[] {
  const found: Decision[] = [];
  for (const { validation, program, message } of compiled.validations) {
    const result = isLeft(program) ? program : program.right.run(variables);
    if (isLeft(result)) {
      if (spec.failurePolicy !== 'Ignore') found.push({ message: `expression '${validation.expression}' resulted in error: ${result.left}`, reason: '' });
    } else if (result.right !== true) found.push({ message: messageOf(validation, message, variables), reason: validation.reason ?? '' });
  }
  return found;
}

const MESSAGE_MAX = 5 * 1024;

function messageOf({ message, expression }: Validation, program: Either<string, Program> | undefined, variables: Variables): string {
  if (program !== undefined && !isLeft(program)) {
    const made = program.right.run(variables);
    const text = isLeft(made) || typeof made.right !== 'string' ? '' : made.right.trim();
    if (text !== '' && text.length <= MESSAGE_MAX && !text.includes('\n')) return text;
  }
  return message ? message.trim() : `failed expression: ${expression.trim()}`;
}
