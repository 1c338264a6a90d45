/**
 * Does a pod fit the node it was bound to: selector, required affinity and taints
 * (component-helpers/scheduling/corev1/{nodeaffinity,helpers.go}, pkg/kubelet/lifecycle/predicate.go).
 */
import { isRight } from 'fp-ts/lib/Either.js';
import { newRequirement, requirementMatches, type Operator } from '../../object/selector.ts';
import { findUntoleratedTaint } from '../../object/taint.ts';
import type { core, Node, Pod } from '../../object/types.ts';

const OPERATORS: Readonly<Record<string, Operator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!', Gt: 'gt', Lt: 'lt' };

/** `nodeSelector` and the required part of node affinity. */
export function matchesNode({ spec }: Pod, { metadata }: Node): boolean {
  const labels = metadata.labels ?? {};
  const isSelected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return isSelected && (terms === undefined || terms.some((term) => termMatches(term, metadata.name, labels)));
}

function termMatches(term: core.NodeSelectorTerm, name: string, labels: Readonly<Record<string, string>>): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length + matchFields.length === 0) return false;
  return matchExpressions.every((each) => holds(each, labels)) && matchFields.every((each) => holds(each, { 'metadata.name': name }));
}

function holds({ key, operator, values = [] }: core.NodeSelectorRequirement, labels: Readonly<Record<string, string>>): boolean {
  const requirement = newRequirement(key, OPERATORS[operator] ?? 'in', values);
  return isRight(requirement) && requirementMatches(requirement.right, labels);
}

/** Only NoExecute taints keep a bound pod away. */
export const tolerates = ({ spec }: Pod, node: Node): boolean =>
  findUntoleratedTaint(node.spec.taints, spec.tolerations, (taint) => taint.effect === 'NoExecute') === undefined;
