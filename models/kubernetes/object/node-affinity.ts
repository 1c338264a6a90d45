/**
 * Node selectors and node affinity, compiled once and matched against many nodes.
 *
 * A term that does not parse matches nothing, as upstream's lazy errors amount to; a term without expressions and fields
 * matches nothing either. Used by the scheduler, by the daemon set controller and by the kubelet's admission.
 *
 * Source: component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import { type Labels, newRequirement, type Operator, type Requirement, requirementMatches } from './selector.ts';
import type { core, Pod } from './types.ts';

interface FieldMatch {
  readonly name: string;
  readonly wanted: boolean;
}

interface Term {
  readonly expressions: readonly Requirement[];
  /** Demands on `metadata.name`. */
  readonly fields: readonly FieldMatch[];
}

/** A compiled node selector: any term suffices; no term at all matches nothing. */
export interface CompiledNodeSelector {
  readonly terms: readonly Term[];
}

const operatorOf = (operator: string): Operator | undefined => {
  switch (operator) {
    case 'In': return 'in';
    case 'NotIn': return 'notin';
    case 'Exists': return 'exists';
    case 'DoesNotExist': return '!';
    case 'Gt': return 'gt';
    case 'Lt': return 'lt';
    default: return undefined;
  }
};

const compileFields = (fields: readonly core.NodeSelectorRequirement[]): FieldMatch[] | undefined => {
  const compiled: FieldMatch[] = [];
  for (const { key, operator, values } of fields) {
    const name = values?.[0];
    if (key !== 'metadata.name' || values?.length !== 1 || name === undefined) return undefined;
    if (operator !== 'In' && operator !== 'NotIn') return undefined;
    compiled.push({ name, wanted: operator === 'In' });
  }
  return compiled;
};

/** Undefined when the term can match nothing. */
const compileTerm = (term: core.NodeSelectorTerm): Term | undefined => {
  const matchExpressions = term.matchExpressions ?? [];
  const matchFields = term.matchFields ?? [];
  if (matchExpressions.length === 0 && matchFields.length === 0) return undefined;
  const expressions: Requirement[] = [];
  for (const { key, operator, values } of matchExpressions) {
    const compiledOperator = operatorOf(operator);
    if (compiledOperator === undefined) return undefined;
    const requirement = newRequirement(key, compiledOperator, values ?? []);
    if (isLeft(requirement)) return undefined;
    expressions.push(requirement.right);
  }
  const fields = compileFields(matchFields);
  return fields === undefined ? undefined : { expressions, fields };
};

export const compileNodeSelector = (selector: core.NodeSelector): CompiledNodeSelector => {
  const terms: Term[] = [];
  for (const term of selector.nodeSelectorTerms) {
    const compiled = compileTerm(term);
    if (compiled !== undefined) terms.push(compiled);
  }
  return { terms };
};

const termMatches = (term: Term, nodeName: string, labels: Labels | undefined): boolean => {
  for (const field of term.fields) if ((field.name === nodeName) !== field.wanted) return false;
  for (const expression of term.expressions) if (!requirementMatches(expression, labels)) return false;
  return true;
};

export const nodeSelectorMatches = (
  selector: CompiledNodeSelector,
  nodeName: string,
  labels: Labels | undefined,
): boolean => {
  for (const term of selector.terms) if (termMatches(term, nodeName, labels)) return true;
  return false;
};

/** What a pod demands of nodes: `spec.nodeSelector` and required node affinity. */
export interface RequiredNodeAffinity {
  readonly labels: readonly (readonly [string, string])[];
  readonly selector: CompiledNodeSelector | undefined;
}

export const requiredNodeAffinityOf = (pod: Pod): RequiredNodeAffinity => {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return {
    labels: Object.entries(pod.spec.nodeSelector ?? {}),
    selector: required === undefined || required === null ? undefined : compileNodeSelector(required),
  };
};

/** Whether the pod demands anything of nodes. */
export const hasRequiredNodeAffinity = (affinity: RequiredNodeAffinity): boolean =>
  affinity.labels.length > 0 || affinity.selector !== undefined;

export const requiredNodeAffinityMatches = (
  affinity: RequiredNodeAffinity,
  nodeName: string,
  labels: Labels | undefined,
): boolean => {
  for (const [key, value] of affinity.labels) if (labels?.[key] !== value) return false;
  return affinity.selector === undefined || nodeSelectorMatches(affinity.selector, nodeName, labels);
};

/** Weighted preferences; terms that are empty, weightless or unparsable are left out. */
export interface PreferredNodeAffinity {
  readonly terms: readonly { readonly term: Term; readonly weight: number }[];
}

export const compilePreferredNodeAffinity = (
  terms: readonly core.PreferredSchedulingTerm[] | undefined,
): PreferredNodeAffinity => {
  const compiled: { term: Term; weight: number }[] = [];
  for (const { preference, weight } of terms ?? []) {
    if (weight === 0) continue;
    const term = compileTerm(preference);
    if (term !== undefined) compiled.push({ term, weight });
  }
  return { terms: compiled };
};

/** Sum of the weights of the matching preferences. */
export const preferredNodeAffinityScore = (
  preferred: PreferredNodeAffinity,
  nodeName: string,
  labels: Labels | undefined,
): number => {
  let score = 0;
  for (const { term, weight } of preferred.terms) if (termMatches(term, nodeName, labels)) score += weight;
  return score;
};
