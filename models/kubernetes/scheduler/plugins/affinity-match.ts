/**
 * Questions that both halves of InterPodAffinity and its hints ask about terms.
 *
 * Source: pkg/scheduler/framework/plugins/interpodaffinity/plugin.go.
 */
import {
  formatSelector,
  isEmptySelector,
  type Labels,
  NOTHING,
  type Selector,
  selectorMatches,
} from '../../object/selector.ts';
import { type AffinityTerm, termMatches } from '../framework/affinity-term.ts';
import type { Listers } from '../framework/listers.ts';
import type { PodInfo } from '../framework/pod-info.ts';

/** Replaces each namespace selector by the namespaces that it selects now; an empty one stays: it selects all. */
export const resolveNamespaces = (terms: readonly AffinityTerm[], listers: Listers): readonly AffinityTerm[] => {
  if (terms.every(({ namespaceSelector }) => !namespaceSelector.selectable || isEmptySelector(namespaceSelector))) {
    return terms;
  }
  return terms.map((term) => {
    if (!term.namespaceSelector.selectable || isEmptySelector(term.namespaceSelector)) return term;
    const selected = listers
      .namespaces()
      .filter(({ labels }) => selectorMatches(term.namespaceSelector, labels))
      .map(({ name }) => name);
    return { ...term, namespaces: [...term.namespaces, ...selected], namespaceSelector: NOTHING };
  });
};

/** Whether the pod matches all terms, of which there must be one (namespaces were resolved before). */
export const matchesEveryTerm = (terms: readonly AffinityTerm[], other: PodInfo): boolean => {
  if (terms.length === 0) return false;
  for (const term of terms) if (!termMatches(term, other.namespace, other.labels, undefined)) return false;
  return true;
};

const selectorText = (selector: Selector): string => (selector.selectable ? `=${formatSelector(selector)}` : '!');

/** A text that determines what the terms match. */
export const termsText = (terms: readonly AffinityTerm[]): string => {
  let text = '';
  for (const { namespaces, selector, topologyKey, namespaceSelector, weight } of terms) {
    text += `${namespaces.join()} ${selectorText(namespaceSelector)} ${selectorText(selector)} ${topologyKey} ${weight}|`;
  }
  return text;
};

export const labelsText = (labels: Labels | undefined): string => {
  let text = '';
  for (const key in labels) text += `${key}=${labels[key]},`;
  return text;
};
