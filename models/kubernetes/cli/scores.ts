/**
 * `kubetwin why LOG pod/x --scores`: what every scheduler plugin said about every node, when the pod's node was decided last.
 *
 * A log keeps the short form of a decision. The run is executed again up to it, with schedulers that explain themselves; a log that
 * was made with `--explain-scheduling` has the long form already.
 */
import { CliError, EXIT } from '../../../src/cli/exit.ts';
import { Progress } from '../../../src/cli/progress.ts';
import type { Json } from '../../../src/index.ts';
import { executeStep } from '../../../src/replay/replay.ts';
import { lastFact } from '../explain/argument.ts';
import { decisionText } from '../scheduler/diagnosis-text.ts';
import { withClusterLog, type ClusterLog } from './cluster-log.ts';

const DECISION = 'scheduler.decision';

export interface ScoresOptions {
  readonly at?: string;
  readonly namespace?: string;
  readonly json?: boolean;
}

/** Prints the last decision about a pod before the position. The code is 1 when there is none. */
export function scores(path: string, name: string, options: ScoresOptions): Promise<number> {
  return withClusterLog(path, async (cluster) => {
    const key = `${options.namespace ?? 'default'}/${name}`;
    const place = cluster.place(cluster.position(options.at));
    const decision = lastFact(place, DECISION, key, () => true);
    const short = decision?.facts.find(({ kind, data }) => kind === DECISION && (data as { pod?: string }).pod === key)?.data;
    if (decision === undefined || short === undefined) throw new CliError(`no scheduler has decided about pod ${key} up to there`, EXIT.failed);
    const fact = cluster.config.explainScheduling ? short : await explained(cluster, decision.seq, key);
    process.stdout.write(options.json === true ? `${JSON.stringify({ seq: decision.seq, time: decision.time, decision: fact })}\n` : `#${decision.seq} ${decisionText(fact).join('\n')}\n`);
    return EXIT.ok;
  });
}

/** The pod that `pod/x` (or `pod x`) names. */
export function podNamed(words: readonly string[]): string {
  const [type, name, ...rest] = words.flatMap((word) => word.split('/'));
  if (name === undefined || rest.length > 0 || !['pod', 'pods', 'po'].includes(type ?? '')) throw new CliError(`--scores is about a pod, such as pod/web-1, not about "${words.join(' ')}"`);
  return name;
}

/** The same decision at length. */
async function explained({ log, path, build }: ClusterLog, seq: number, key: string): Promise<Json> {
  const progress = new Progress(process.stderr, true);
  progress.show(`executing ${path} again, up to #${seq}`);
  const record = executeStep(log, await build({ explainScheduling: true }), seq);
  progress.clear();
  const fact = record.facts.find(({ kind, data }) => kind === DECISION && (data as { pod?: string }).pod === key);
  if (fact === undefined) throw new CliError(`this version executes ${path} differently: step #${seq} decides nothing about pod ${key}; \`kubetwin replay\` names the first difference`, EXIT.diverged);
  return fact.data;
}
