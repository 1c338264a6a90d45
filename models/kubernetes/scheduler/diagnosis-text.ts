/**
 * A recorded decision in words: which plugin refused each node and why, and how the others were scored.
 *
 * Reads the long form of `decisionFact`; of the short form it tells what is there.
 */
import type { Json } from '../../../src/index.ts';

type Fields = Readonly<Record<string, Json>>;

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fieldsOf = (value: Json | undefined): Fields => (isFields(value) ? value : {});
const textsOf = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : []);
const textOf = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value));

const headline = (fact: Fields): string => {
  const pod = `pod ${textOf(fact['pod'])}, attempt ${textOf(fact['attempt'])}`;
  if (fact['result'] === 'scheduled') {
    const tied = textsOf(fact['tied']);
    const luck = tied.length > 1 ? `, drawn from ${tied.length} equally good nodes (${tied.join(', ')})` : '';
    const seen = `${textOf(fact['evaluated'])} nodes examined, ${textOf(fact['feasible'])} feasible`;
    return `${pod}: scheduled to ${textOf(fact['node'])}${luck}; ${seen}`;
  }
  return `${pod}: ${textOf(fact['result'])}: ${textOf(fact['message'])}`;
};

const refusalLines = (refused: Fields): string[] =>
  Object.entries(refused).map(([node, value]) => {
    const { plugin, code, reasons } = fieldsOf(value);
    return `  ${node}: refused by ${textOf(plugin)} (${textOf(code)}): ${textsOf(reasons).join(', ')}`;
  });

const scoreLines = (scores: Fields): string[] => {
  const nodes = Object.entries(scores).map(([node, value]) => ({ node, fields: fieldsOf(value) }));
  nodes.sort((a, b) => {
    const difference = Number(b.fields['total']) - Number(a.fields['total']);
    return difference === 0 ? (a.node < b.node ? -1 : 1) : difference;
  });
  return nodes.flatMap(({ node, fields }) => [
    `  ${node}: total ${textOf(fields['total'])}`,
    ...Object.entries(fieldsOf(fields['plugins'])).map(([plugin, value]) => {
      const { raw, normalized, weight, weighted } = fieldsOf(value);
      return `    ${plugin}: raw ${textOf(raw)}, normalised ${textOf(normalized)} × ${textOf(weight)} = ${textOf(weighted)}`;
    }),
  ]);
};

const preemptionLines = (preemption: Fields): string[] => [
  ...Object.entries(fieldsOf(preemption['candidates'])).map(([node, value]) => {
    const { victims, pdbViolations } = fieldsOf(value);
    return `  preemption on ${node} would delete ${textsOf(victims).join(', ')} (${textOf(pdbViolations)} budgets violated)`;
  }),
  ...Object.entries(fieldsOf(preemption['rejected'])).map(
    ([node, reasons]) => `  preemption on ${node} would not help: ${textsOf(reasons).join(', ')}`,
  ),
];

/** The lines that explain a fact of kind `scheduler.decision`. */
export const decisionText = (fact: Json): string[] => {
  const fields = fieldsOf(fact);
  const lines = [headline(fields)];
  if (fields['nominated'] !== undefined) {
    lines.push(`  nominated to ${textOf(fields['nominated'])}; victims: ${textsOf(fields['victims']).join(', ')}`);
  }
  lines.push(...refusalLines(fieldsOf(fields['refused'])), ...scoreLines(fieldsOf(fields['scores'])));
  lines.push(...preemptionLines(fieldsOf(fields['preemption'])));
  return lines;
};
