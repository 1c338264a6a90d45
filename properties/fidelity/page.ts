/** docs/fidelity.md from what was measured. */
import { ASPECTS, mean, meanScores, type Measured, type Scores } from './run.ts';
import type { VectorResult } from './vectors.ts';

/** Why a score is low where the cause is known and lies in the dice of both clusters. */
const REASONS: readonly (readonly [string, string])[] = [
  ['quota-limitrange, events and transitions', 'the messages of refused pods hold random names that no second run has; the row below it is the same with these names replaced on both sides'],
  ['pod-crashloop, timing', 'a kubelet tries again 10 to 15 s after a failed sync, at random (`wait.Jitter(10s, 0.5)`), at the next tick of a second; two seeds differ among themselves as much as each does from the real run'],
  ['deployment-service, pdb-eviction, statefulset-ordered, liveness-exec, events', 'whether a probe still meets a container that has just stopped is a matter of its phase'],
  ['job-backoff-limit, job-completions, transitions', 'a Job is synced one second after an event of its pod, a kubelet looks at its containers every second: which comes first is a race of milliseconds'],
  ['namespace-lifecycle, transitions', 'the namespace controller goes through a map of resources, in another order each time'],
  ['service-types, transitions', 'how many pods are ready when a Service is made'],
  ['gc-propagation, transitions', 'whether two pods that are deleted at one moment are seen one by one'],
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const cells = (scores: Scores): string[] => ASPECTS.map((aspect) => scores[aspect].toFixed(3));
const overall = (scores: Scores | undefined): string => scores?.overall.toFixed(3) ?? '';

export function fidelityPage(measured: readonly Measured[], ceiling: Readonly<Record<string, Scores>>, vectors: readonly VectorResult[], seeds: number): string {
  const hasHttp = measured.some(({ http }) => http !== undefined);
  const rows = measured.flatMap(({ scenario, scores, among, http, nameless }) => [
    [scenario, ...cells(scores), overall(among), ...(hasHttp ? [overall(http)] : []), overall(ceiling[scenario])],
    ...(nameless === undefined ? [] : [[`${scenario}, without refused names`, ...cells(nameless), '', ...(hasHttp ? [''] : []), '']]),
  ]);
  const all = (scores: readonly (Scores | undefined)[]): string => mean(scores.flatMap((each) => each?.overall ?? [])).toFixed(3);
  rows.push(['mean', ...cells(meanScores(measured.map(({ scores }) => scores))), all(measured.map(({ among }) => among)), ...(hasHttp ? [all(measured.map(({ http }) => http))] : []), '']);
  return `# Fidelity

The simulation is held against recordings of a real Kubernetes v1.32 cluster (three nodes, real kubelets, real containers): the same
requests, the same nodes, a cluster of the same age, and what a watcher saw. \`npm run fidelity\` plays each recording in process and prints
a table; \`npm run fidelity -- --write --http\` writes this page. A score of 1 means that nothing differs once run-dependent names,
addresses and times are replaced. The scores are means over ${seeds} seeds. "Among seeds" is the simulation against itself, with another seed
each time: what lies below 1 there is chance, and no simulation can be nearer to one run of a real cluster than that run's own dice allow.
${hasHttp ? '"Over HTTP" is one run of `kubetwin serve --speed 20`, driven by an independent program. ' : ''}"Real twice" is a second run of the real cluster held against its first, where it was measured.

${table(['scenario', ...ASPECTS, 'among seeds', ...(hasHttp ? ['over HTTP'] : []), 'real twice'], rows)}

\`properties/fidelity/floor.test.ts\` keeps the scores that were reached.

## What the low scores mean

${table(['scenario', 'why'], REASONS)}

\`node dist/fidelity.js --seeds=5 --diffs\` plays several seeds, shows their means, and which differences most of them have;
\`--save=FOLDER\` keeps what the simulation did in the recordings' format. Names made from templates (\`pod-template-hash\`, revisions) are
those of the real cluster: \`properties/fidelity/names.test.ts\`.

## Vectors

${table(['what', 'result', 'command'], vectors.map(({ what, result, command }) => [what, result, command.startsWith('`') ? command : `\`${command}\``]))}

What is modelled otherwise than in the real system, and why, is in \`models/kubernetes/fidelity.md\`.
`;
}
