/**
 * CEL in admission: the variables that expressions may use, and conditions that must hold for a webhook or policy to be
 * asked at all. Source: apiserver/pkg/admission/plugin/{cel,webhook/matchconditions}.
 */
import type { Environment } from '@marcbachmann/cel-js';
import { isLeft, type Either } from 'fp-ts/lib/Either.js';
import type { UserInfo } from '../../../api/message.ts';
import { baseEnvironment } from '../../cel/library.ts';
import { jsonToCel } from '../../cel/json.ts';
import { compile, type Program } from '../../cel/program.ts';
import type { KubeObject } from '../../../object/types.ts';
import { Authorizer, registerAuthorizer, type Decide } from './authorizer.ts';
import type { AdmissionRequest } from './request.ts';

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

export interface CompiledCondition {
  readonly name: string;
  readonly expression: string;
  readonly program: Either<string, Program>;
}

/** The environment of admission expressions; `declared` are further variables, all of them of any type. */
export function admissionEnvironment(declared: readonly string[] = []): Environment {
  const env = baseEnvironment();
  registerAuthorizer(env);
  for (const name of ['object', 'oldObject', 'request', 'namespaceObject', ...declared]) env.registerVariable(name, 'dyn');
  return env.registerVariable('authorizer', 'kubernetes.authorization.Authorizer');
}

export const compileConditions = (conditions: readonly NamedExpression[] | undefined, env: Environment): readonly CompiledCondition[] =>
  (conditions ?? []).map(({ name, expression }) => ({ name, expression, program: compile(expression.trim(), env) }));

/** The variables of one request. */
export interface Variables {
  readonly [name: string]: unknown;
}

export interface Subject {
  readonly request: AdmissionRequest;
  readonly object: KubeObject | null;
  readonly oldObject: KubeObject | null;
  readonly namespaceObject: KubeObject | null;
  readonly user: UserInfo;
  readonly decide: Decide;
}

export function variablesOf({ request, object, oldObject, namespaceObject, user, decide }: Subject): Variables {
  return {
    request: jsonToCel(request),
    object: jsonToCel(object),
    oldObject: jsonToCel(oldObject),
    namespaceObject: jsonToCel(namespaceObject),
    authorizer: new Authorizer(decide, user, request),
  };
}

/** Whether all conditions hold; an error only counts when none of the others is false. */
export type Held = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly failed: string } | { readonly kind: 'error'; readonly text: string };

export function conditionsHold(conditions: readonly CompiledCondition[], variables: Variables): Held {
  const errors: string[] = [];
  for (const { name, expression, program } of conditions) {
    const result = isLeft(program) ? program : program.right.run(variables);
    if (isLeft(result)) errors.push(`expression '${expression}' resulted in error: ${result.left}`);
    else if (result.right !== true) return { kind: 'no', failed: name };
  }
  if (errors.length === 0) return { kind: 'yes' };
  return { kind: 'error', text: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` };
}
