/**
 * Label selectors of webhooks and policies: nothing selected means everything is.
 */
import { selectorMatches, selectorOf } from '../../../object/selector.ts';

type Labels = Readonly<Record<string, string>>;

/** The test of a selector; undefined when it lets everything through. */
export function compileLabelSelector(selector: unknown): ((labels: Labels) => boolean) | undefined {
  if (selector === undefined || selector === null) return undefined;
  const { matchLabels = {}, matchExpressions = [] } = selector as { matchLabels?: Labels; matchExpressions?: readonly unknown[] };
  if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return undefined;
  const compiled = selectorOf(selector as Parameters<typeof selectorOf>[0]);
  return (labels) => selectorMatches(compiled, labels);
}
