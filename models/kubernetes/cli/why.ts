/**
 * `kubetwin why LOG QUESTION…` and `kubetwin blame LOG OBJECT FIELD`: arguments with the addresses of the records that prove them.
 */
import { CliError, EXIT } from '../../../src/cli/exit.ts';
import { at } from '../../../src/explain/blame.ts';
import { address, pathTold, plainly, tellWhy, why as pathOf, type Phrasebook } from '../../../src/explain/why.ts';
import type { Json, LogRecord } from '../../../src/index.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import { tell, writerName, type Argument, type Place } from '../explain/argument.ts';
import { askObject, kindIn, parseQuestion, recordIn } from '../explain/ask.ts';
import { blameSeeking, pointerOf } from '../explain/blame.ts';
import { phrasebookOf } from '../explain/phrasebook.ts';
import { keyOf, sayKey, type StoreView } from '../explain/store-view.ts';
import { ClusterLog, withClusterLog, withLog } from './cluster-log.ts';
import { loggedCluster } from './logged-cluster.ts';

export interface WhyOptions {
  readonly at?: string;
  readonly namespace?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** Says every step of a path, also those that no one usually asks for. */
const everyStep = (phrasebook: Phrasebook): Phrasebook => ({ ...phrasebook, say: (record, log) => phrasebook.say(record, log) ?? plainly(record) });

/** Prints the argument. @throws CliError when the question is none. */
export function why(path: string, words: readonly string[], options: WhyOptions): Promise<number> {
  return withLog(path, async (log) => {
    const record = recordIn(words);
    // A record has causes in a log of any model.
    if (record !== undefined && (await loggedCluster(log.header)) === undefined) return tellRecord(log, record, { say: plainly }, options);
    const cluster = await ClusterLog.of(path, log);
    const place = cluster.place(cluster.position(options.at));
    const question = parseQuestion(place.view, words);
    if ('error' in question) throw new CliError(question.error);
    const usual = phrasebookOf(place.view);
    const phrasebook = options.steps === true ? everyStep(usual) : usual;
    if (question.about === 'record') return tellRecord(log, question.seq, phrasebook, options);
    const argument = askObject(place, question.info, options.namespace ?? 'default', question.name, question.words);
    if ('error' in argument) throw new CliError(argument.error);
    if (options.json === true) printJson({ ...argumentJson(place, argument), ...(argument.decisive === undefined ? {} : chainJson(log, argument.decisive, phrasebook)) });
    else process.stdout.write(`${tell(place, argument, phrasebook).join('\n')}\n`);
    return EXIT.ok;
  });
}

function tellRecord(log: LogReader, seq: number, phrasebook: Phrasebook, options: WhyOptions): number {
  if (seq >= log.length) throw new CliError(`there is no record #${seq}: the log's last is #${log.length - 1}`);
  if (options.json === true) printJson({ question: `why #${seq}`, ...chainJson(log, seq, phrasebook) });
  else process.stdout.write(`${tellWhy(log, pathOf(log, seq, { phrasebook }), phrasebook).join('\n')}\n`);
  return EXIT.ok;
}

const argumentJson = (place: Place, { question, claims }: Argument): Record<string, unknown> => ({
  question,
  position: place.position,
  claims: claims.map(({ text, seq }) => ({ text, ...(seq === undefined ? {} : { seq, time: place.log.at(seq).time }) })),
});

function chainJson(log: LogReader, seq: number, phrasebook: Phrasebook): Record<string, unknown> {
  const { steps, root } = pathTold(log, pathOf(log, seq, { phrasebook }), phrasebook);
  return { chain: steps.map(({ record, ...rest }) => ({ seq: record.seq, time: record.time, actor: record.actor, ...rest })), root };
}

const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

export interface BlameOptions {
  readonly at?: string;
  readonly namespace?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** One write of a field. */
interface FieldWrite {
  readonly record: LogRecord;
  readonly writer: string;
  readonly decision: LogRecord;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

/** Prints who wrote a field last, or with `all` every write of it, newest first. The code is 1 when nobody ever wrote it. */
export function blame(path: string, object: string, field: string, options: BlameOptions): Promise<number> {
  return withClusterLog(path, (cluster) => {
    const position = cluster.position(options.at);
    const [type = '', ...names] = object.split('/');
    const { view } = cluster.place(position);
    const info = kindIn(view, type);
    if (info === undefined || names.length === 0) throw new CliError(`blame takes an object as TYPE/NAME (deploy/web, pod/web-1), not "${object}"`);
    const key = keyOf(info, options.namespace ?? 'default', names.join('/'));
    const writes = writesOf(cluster, key, pointerOf(field), position, options.all === true);
    if (options.json === true) {
      printJson(writes.map(({ record, writer, decision, before, after }) => ({ seq: record.seq, time: record.time, writer, decision: decision.seq, before: before ?? null, after: after ?? null })));
    } else if (writes.length === 0) process.stderr.write(`${unwritten(view, key, field)}\n`);
    else process.stdout.write(writes.map((write) => `${sayWrite(write)}\n`).join(''));
    return writes.length === 0 ? EXIT.failed : EXIT.ok;
  });
}

function writesOf(cluster: ClusterLog, key: string, pointer: string, position: number, wantsAll: boolean): FieldWrite[] {
  const writes: FieldWrite[] = [];
  for (let end = position; end > 0; ) {
    const write = blameSeeking(cluster.seeker, key, pointer, end);
    if (write === undefined) break;
    writes.push(write);
    if (!wantsAll) break;
    end = write.record.seq;
  }
  return writes;
}

/** Why nobody is to blame. */
function unwritten({ objects }: StoreView, key: string, field: string): string {
  const object = objects.get(key)?.object as unknown as Json | undefined;
  const what = `${field === '' ? 'all' : field} of ${sayKey(key)}`;
  if (object === undefined) return `${sayKey(key)} was never there up to that moment`;
  return at(object, pointerOf(field)) === undefined ? `nobody has written ${what} up to that moment` : `${what} has been so since before the run began`;
}

function sayWrite({ record, writer, decision, before, after }: FieldWrite): string {
  return `${address(record).padEnd(24)}${writerName(writer)} (decided at #${decision.seq}): ${short(before)} → ${short(after)}`;
}

function short(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
