/**
 * Webhook configurations, in the order in which they are called.
 * Source: apiserver/pkg/admission/configuration/*_webhook_manager.go, plugin/webhook/generic/webhook.go.
 */
import type { KubeObject } from '../../../object/types.ts';
import type { Lookup } from '../../registry/kind.ts';
import { admissionEnvironment, compileConditions, conditionsHold, variablesOf, type CompiledCondition, type NamedExpression, type Subject } from '../match/condition.ts';
import { selectsNamespace, selectsObject, shownIn, type ResourceRule, type Shown } from '../match/resource-rule.ts';
import type { AdmissionWorld, Attributes } from '../plugin.ts';
import type { ClientConfig } from './client-config.ts';

const GROUP = 'admissionregistration.k8s.io';

export interface Webhook {
  readonly name: string;
  readonly clientConfig: ClientConfig;
  readonly rules?: readonly ResourceRule[];
  readonly failurePolicy?: string;
  readonly matchPolicy?: string;
  readonly namespaceSelector?: unknown;
  readonly objectSelector?: unknown;
  readonly sideEffects?: string;
  readonly timeoutSeconds?: number;
  readonly admissionReviewVersions?: readonly string[];
  readonly reinvocationPolicy?: string;
  readonly matchConditions?: readonly NamedExpression[];
}

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

/** A webhook with its place: the configuration that it stands in. */
export interface Placed {
  readonly hook: Webhook;
  readonly configuration: Configuration;
}

/** All webhooks of a kind: configurations by name, hooks in their order. */
export function webhooksOf(lookup: Lookup, resource: 'mutatingwebhookconfigurations' | 'validatingwebhookconfigurations'): readonly Placed[] {
  const configurations = lookup.list({ group: GROUP, resource }, '') as readonly Configuration[];
  return configurations.length === 0 ? [] : configurations.flatMap((configuration) => (configuration.webhooks ?? []).map((hook) => ({ hook, configuration })));
}

/** Whether a webhook is to be called: in which version it wants the object, why it cannot be asked, or not at all. */
export type Wanted = { readonly kind: 'call'; readonly shown: Shown } | { readonly kind: 'skip' } | { readonly kind: 'error'; readonly text: string };

const SKIP: Wanted = { kind: 'skip' };

export function wanted({ hook, configuration }: Placed, attributes: Attributes, equivalents: readonly Shown[], world: AdmissionWorld, subject: (shown: Shown) => Subject): Wanted {
  const shown = shownIn(hook.rules ?? [], hook.matchPolicy, attributes, equivalents);
  if (shown === undefined || !selectsNamespace(hook.namespaceSelector, attributes) || !selectsObject(hook.objectSelector, attributes)) return SKIP;
  if ((hook.matchConditions?.length ?? 0) === 0) return { kind: 'call', shown };
  const conditions = world.compiled(configuration, () => conditionsByHook(configuration)).get(hook.name) ?? [];
  const held = conditionsHold(conditions, variablesOf(subject(shown)));
  if (held.kind === 'yes') return { kind: 'call', shown };
  return held.kind === 'no' ? SKIP : { kind: 'error', text: held.text };
}

function conditionsByHook({ webhooks }: Configuration): ReadonlyMap<string, readonly CompiledCondition[]> {
  const env = admissionEnvironment();
  return new Map((webhooks ?? []).map(({ name, matchConditions }) => [name, compileConditions(matchConditions, env)]));
}
