/**
 * `kubetwin connect`: which rule on which node sends a connection where, and where many of them end.
 *
 * Asked of a log's run at a position, or of a running `kubetwin serve`. The question leaves no trace in the run.
 */
import { CliError, EXIT } from '../../../../src/cli/exit.ts';
import { Sfc32, stream } from '../../../../src/index.ts';
import type { ConnectOutcome } from '../../network/data-plane.ts';
import { describeConnections, tryConnections, type ConnectionQuestion, type Inspection } from '../../network/inspect.ts';
import { askServer } from './server.ts';
import { withNetwork, type NetworkMoment } from './plane.ts';

export interface ConnectOptions {
  readonly from: string;
  readonly to: string;
  readonly namespace?: string;
  readonly protocol?: string;
  readonly count?: string;
  readonly at?: string;
  readonly server?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

const COUNT_MAX = 1_000_000;
const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

/** What a question comes to; also what a server answers to `POST /_sim/connect`. */
export interface ConnectAnswer {
  readonly text: readonly string[];
  readonly outcomes: readonly ConnectOutcome[];
}

/** Asks one question. `seed` names the draws: the same seed gives the same answer. */
export function answerOf({ plane, objects, now }: NetworkMoment, question: ConnectionQuestion, seed: string): Inspection<ConnectAnswer> {
  const random: Sfc32 = stream(seed, 'connect');
  const tried = tryConnections(plane, objects, question, now, (n) => random.below(n));
  return tried.ok ? { ok: true, value: { text: describeConnections(tried.value), outcomes: tried.value } } : tried;
}

/** The question that options ask. */
export function questionOf(options: ConnectOptions): ConnectionQuestion {
  const protocol = (options.protocol ?? 'TCP').toUpperCase() as (typeof PROTOCOLS)[number];
  if (!PROTOCOLS.includes(protocol)) throw new CliError(`--protocol must be one of ${PROTOCOLS.join(', ')}, not "${options.protocol}"`);
  const count = Number(options.count ?? '1');
  if (!Number.isInteger(count) || count < 1 || count > COUNT_MAX) throw new CliError(`--count must be a whole number from 1 to ${COUNT_MAX}, not "${options.count}"`);
  return { from: options.from, to: options.to, namespace: options.namespace ?? 'default', protocol, count };
}

/** Prints the answer; the code is 1 when the first connection did not get through. */
export async function connect(path: string | undefined, options: ConnectOptions): Promise<number> {
  if ((path === undefined) === (options.server === undefined)) throw new CliError('connect asks either a LOG or a running simulation (--server URL), one of them');
  const question = questionOf(options);
  const seed = options.seed ?? '1';
  const answer = options.server === undefined
    ? await withNetwork(path as string, options.at, (moment) => answerOf(moment, question, seed))
    : await askServer<ConnectAnswer>(options.server, '/_sim/connect', { ...question, seed });
  if (!answer.ok) throw new CliError(answer.problem);
  const { text, outcomes } = answer.value;
  process.stdout.write(options.json === true ? `${JSON.stringify({ ...question, outcomes })}\n` : `${text.join('\n')}\n`);
  return outcomes[0]?.verdict === 'connected' ? EXIT.ok : EXIT.failed;
}
