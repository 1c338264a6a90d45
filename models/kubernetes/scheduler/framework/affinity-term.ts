/**
 * One term of pod (anti-)affinity, compiled: which pods it speaks of and the topology key it spreads over.
 *
 * Source: pkg/scheduler/framework/types.go (AffinityTerm, newAffinityTerm, getNamespacesFromPodAffinityTerm).
 */
import { NOTHING, type Labels, type Selector, selectorMatches, selectorOf } from '../../object/selector.ts';
import type { core, Pod } from '../../object/types.ts';

export interface AffinityTerm {
  readonly namespaces: readonly string[];
  readonly selector: Selector;
  readonly topologyKey: string;
  readonly namespaceSelector: Selector;
  /** 0 for required terms. */
  readonly weight: number;
}

const NO_TERMS: readonly AffinityTerm[] = [];

const compile = (pod: Pod, term: core.PodAffinityTerm, weight: number): AffinityTerm => {
  const ownNamespaces = term.namespaces ?? [];
  const inherits =
    ownNamespaces.length === 0 && (term.namespaceSelector === undefined || term.namespaceSelector === null);
  return {
    namespaces: inherits ? [pod.metadata.namespace ?? ''] : ownNamespaces,
    selector: selectorOf(term.labelSelector),
    topologyKey: term.topologyKey,
    namespaceSelector: term.namespaceSelector ? selectorOf(term.namespaceSelector) : NOTHING,
    weight,
  };
};

export const requiredTerms = (pod: Pod, terms: readonly core.PodAffinityTerm[] | undefined): readonly AffinityTerm[] =>
  terms === undefined || terms.length === 0 ? NO_TERMS : terms.map((term) => compile(pod, term, 0));

export const preferredTerms = (
  pod: Pod,
  terms: readonly core.WeightedPodAffinityTerm[] | undefined,
): readonly AffinityTerm[] =>
  terms === undefined || terms.length === 0
    ? NO_TERMS
    : terms.map(({ podAffinityTerm, weight }) => compile(pod, podAffinityTerm, weight));

/** Whether the term speaks of a pod with these labels in this namespace, whose own labels are `namespaceLabels`. */
export const termMatches = (
  term: AffinityTerm,
  namespace: string,
  labels: Labels | undefined,
  namespaceLabels: Labels | undefined,
): boolean => {
  if (!term.namespaces.includes(namespace) && !selectorMatches(term.namespaceSelector, namespaceLabels)) return false;
  return selectorMatches(term.selector, labels);
};
