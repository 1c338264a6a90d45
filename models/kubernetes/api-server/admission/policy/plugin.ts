/**
 * ValidatingAdmissionPolicy: policies in CEL, bound to what they apply to.
 * Source: apiserver/pkg/admission/plugin/policy/validating/dispatcher.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../../object/types.ts';
import { forbidden, type Status } from '../../status/status.ts';
import { conditionsHold, variablesOf, type Variables } from '../match/condition.ts';
import { equivalentsOf, isExempt, matchResources, type MatchResources, type Shown } from '../match/resource-rule.ts';
import { subjectOf } from '../match/subject.ts';
import { nameForErrors, type AdmissionPlugin, type AdmissionWorld, type Attributes } from '../plugin.ts';
import { jsonToCel } from '../../cel/json.ts';
import { compilePolicy, denials, withVariables, type CompiledPolicy, type Decision, type Policy } from './compiled-policy.ts';
import { collectParams, type ParamRef } from './param.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = { group: GROUP, resource: 'validatingadmissionpolicies' };
const BINDINGS = { group: GROUP, resource: 'validatingadmissionpolicybindings' };
const CODES: Readonly<Record<string, number>> = { Invalid: 422, Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

interface Binding extends KubeObject {
  readonly spec: { readonly policyName: string; readonly paramRef?: ParamRef; readonly matchResources?: MatchResources; readonly validationActions?: readonly string[] };
}

interface Denial extends Decision {
  readonly policy: string;
  readonly binding: string | undefined;
}

export const validatingAdmissionPolicy: AdmissionPlugin = {
  name: 'ValidatingAdmissionPolicy',
  handles: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  validate(attributes, world): Status | undefined {
    const { lookup } = attributes.context;
    const policies = lookup.list(POLICIES, '') as readonly Policy[];
    if (policies.length === 0 || isExempt(attributes)) return undefined;
    const bindings = lookup.list(BINDINGS, '') as readonly Binding[];
    const found = policies.flatMap((policy) => judge(policy, bindings.filter(({ spec }) => spec.policyName === policy.metadata.name), attributes, world));
    const [first] = found;
    return first === undefined ? undefined : refusal(attributes, first);
  },
};

function refusal(attributes: Attributes, { policy, binding, message, reason }: Denial): Status {
  const text = `ValidatingAdmissionPolicy '${policy}'${binding === undefined ? '' : ` with binding '${binding}'`} denied request: ${message}`;
  const status = forbidden(attributes.info, nameForErrors(attributes), text);
  const why = reason === '' ? 'Invalid' : reason;
  return { ...status, reason: why, code: CODES[why] ?? 422, details: { ...status.details, causes: [{ message: text }] } };
}

function judge(policy: Policy, bindings: readonly Binding[], attributes: Attributes, world: AdmissionWorld): Denial[] {
  const { spec, metadata } = policy;
  if (bindings.length === 0) return [];
  const equivalents = equivalentsOf(attributes, world.kinds);
  const shown = matchResources(spec.matchConstraints, attributes, equivalents);
  if (shown === undefined) return [];
  const compiled = world.compiled(policy, () => compilePolicy(spec));
  const found: Denial[] = [];
  for (const binding of bindings) {
    const { paramRef, matchResources: match } = binding.spec;
    if (matchResources(match, attributes, equivalents) === undefined) continue;
    const params = collectParams(spec, paramRef, attributes.namespace, world.kinds, attributes.context.lookup);
    if (isLeft(params)) {
      if (spec.failurePolicy !== 'Ignore') found.push({ policy: metadata.name, binding: binding.metadata.name, message: `failed to configure binding: ${params.left}`, reason: '' });
      continue;
    }
    for (const param of params.right) {
      const variables = { ...variablesOf(subjectOf(attributes, shown, equivalents[0] as Shown, world)), params: jsonToCel(param) };
      found.push(...act(policy, binding, evaluate(policy, compiled, variables), attributes));
    }
  }
  return found;
}

function evaluate({ spec }: Policy, compiled: CompiledPolicy, variables: Variables): readonly Decision[] {
  const held = conditionsHold(compiled.conditions, variables);
  if (held.kind === 'no') return [];
  if (held.kind === 'error') return spec.failurePolicy === 'Ignore' ? [] : [{ message: held.text, reason: '' }];
  return denials(spec, compiled, withVariables(compiled, variables));
}

/** What a binding does about denials: refuse, or warn. */
function act(policy: Policy, binding: Binding, found: readonly Decision[], { warn }: Attributes): Denial[] {
  const actions = binding.spec.validationActions ?? [];
  const names = { policy: policy.metadata.name, binding: binding.metadata.name };
  if (actions.includes('Warn')) for (const { message } of found) warn(`Validation failed for ValidatingAdmissionPolicy '${names.policy}' with binding '${names.binding}': ${message}`);
  return actions.includes('Deny') ? found.map((decision) => ({ ...decision, ...names })) : [];
}
