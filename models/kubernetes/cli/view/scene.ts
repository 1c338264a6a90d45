/**
 * What the time-travel view shows at a position: nodes and pods, the records around, the causes of the selected one.
 */
import { address, pathTold, plainly, why } from '../../../../src/explain/why.ts';
import type { LogReader } from '../../../../src/log/reader.ts';
import type { LogRecord } from '../../../../src/log/record.ts';
import { nodePrinter } from '../../api-server/table/node-printer.ts';
import { podPrinter } from '../../api-server/table/pod-printer.ts';
import type { Printer } from '../../api-server/table/column.ts';
import { phrasebookOf, sayRecord } from '../../explain/phrasebook.ts';
import type { StoreView } from '../../explain/store-view.ts';

/** How much of it is wanted. */
export interface SceneSize {
  readonly nodes: number;
  readonly pods: number;
  readonly records: number;
  readonly causes: number;
}

export interface RecordLine {
  readonly seq: number;
  readonly text: string;
  readonly isSelected: boolean;
  /** It has happened already. */
  readonly isPast: boolean;
}

/** Everything on the screen, as text. */
export interface Scene {
  readonly title: string;
  readonly nodes: readonly (readonly string[])[];
  readonly pods: readonly (readonly string[])[];
  readonly records: readonly RecordLine[];
  readonly causes: readonly string[];
}

export interface SceneOptions {
  readonly path: string;
  /** Milliseconds since 1970 at the run's start. */
  readonly epoch: number;
  readonly position: number;
  readonly selected: number;
  /** Also records that nobody has a sentence for. */
  readonly showsAll: boolean;
  readonly size: SceneSize;
}

/** The scene at a position, whose state is `view`. */
export function sceneOf(log: LogReader, view: StoreView, options: SceneOptions): Scene {
  const { path, epoch, position, selected, size } = options;
  const time = log.timeOf(position);
  const now = epoch * 1000 + time;
  const share = log.length === 0 ? 100 : Math.floor((position / log.length) * 100);
  const where = position === 0 ? 'the start' : address(log.at(position - 1));
  return {
    title: `${path}  ${where} of ${log.length} records (${share}%)  ${new Date(Math.floor(now / 1000)).toISOString()}`,
    nodes: table(view, '/registry/minions/', nodePrinter, now, size.nodes, false),
    pods: table(view, '/registry/pods/', podPrinter, now, size.pods, true),
    records: recordLines(log, options),
    causes: causesOf(log, view, selected, size.causes),
  };
}

/** The first rows of a table, headings first; a last row says how many more there are. Only objects that are shown are read. */
function table(view: StoreView, prefix: string, printer: Printer, now: number, most: number, hasNamespace: boolean): string[][] {
  const shown = printer.columns.flatMap((column, i) => (column.priority === 0 || column.name === 'Node' ? [i] : []));
  const keys = [...view.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  const rows = keys.slice(0, most).map((key) => {
    const object = view.objects.get(key)?.object;
    const cells = object === undefined ? [] : printer.cells(object, now);
    return [...(hasNamespace ? [object?.metadata.namespace ?? ''] : []), ...shown.map((i) => String(cells[i] ?? ''))];
  });
  const headings = [...(hasNamespace ? ['NAMESPACE'] : []), ...shown.map((i) => (printer.columns[i]?.name ?? '').toUpperCase())];
  return [headings, ...rows, ...(keys.length > most ? [[`… ${keys.length - most} more`]] : [])];
}

/** So far a search for records worth showing goes. */
const LOOK_MAX = 3000;

function recordLines(log: LogReader, { position, selected, showsAll, size }: SceneOptions): RecordLine[] {
  const before = Math.max(1, Math.floor(size.records * 0.7));
  const past = collect(log, position - 1, -1, before, showsAll, selected).reverse();
  const next = collect(log, position, 1, size.records - past.length, showsAll, selected);
  return [...past, ...next].map(({ seq, text }) => ({ seq, text, isSelected: seq === selected, isPast: seq < position }));
}

function collect(log: LogReader, from: number, by: 1 | -1, most: number, showsAll: boolean, selected: number): { readonly seq: number; readonly text: string }[] {
  const found: { seq: number; text: string }[] = [];
  for (let seq = from, looked = 0; seq >= 0 && seq < log.length && found.length < most && looked < LOOK_MAX; seq += by, looked++) {
    const record = log.at(seq);
    const said = sayRecord(record, log);
    if (said === undefined && !showsAll && seq !== selected) continue;
    found.push({ seq, text: lineOf(record, said) });
  }
  return found;
}

const lineOf = (record: LogRecord, said: string | undefined): string => `${address(record).padEnd(22)}${said ?? plainly(record)}`;

function causesOf(log: LogReader, view: StoreView, selected: number, most: number): string[] {
  if (selected < 0 || selected >= log.length || most <= 0) return [];
  const phrasebook = phrasebookOf(view);
  const { steps, root } = pathTold(log, why(log, selected, { phrasebook, most: 200 }), phrasebook);
  const lines = steps.map(({ record, sentence, because }, i) => `${address(record).padEnd(22)}${i === 0 ? '' : because === undefined ? 'because ' : `because ${because}: `}${sentence}`);
  const shown = [...lines, `${' '.repeat(22)}${root}`];
  return shown.length <= most ? shown : [...shown.slice(0, most - 1), `${' '.repeat(22)}… ${shown.length - most + 1} more`];
}
