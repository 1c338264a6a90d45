/**
 * Sequence diagrams of a stretch of a log: as Mermaid text and as SVG.
 *
 * Every arrow is a record: it ends where the message was handled and begins at the step that sent it. Nothing is drawn that the log
 * does not have; timers and faults are notes at their actor.
 */
import type { LogReader } from '../log/reader.ts';
import type { LogRecord } from '../log/record.ts';
import { seconds } from './why.ts';

export interface DiagramOptions {
  readonly from?: number;
  readonly to?: number;
  /** Which records are drawn. Default: all. */
  readonly filter?: (record: LogRecord) => boolean;
  /** More records than this are not drawn; the diagram says so. Default 400. */
  readonly most?: number;
}

/** What is drawn: a message from one actor to another, or a note at one. */
export interface DiagramStep {
  readonly record: LogRecord;
  readonly from: string | undefined;
  readonly to: string;
  readonly label: string;
}

/** The steps of a diagram and how many were left out. */
export function diagramSteps(log: LogReader, options: DiagramOptions = {}): { readonly steps: readonly DiagramStep[]; readonly omitted: number } {
  const steps: DiagramStep[] = [];
  let omitted = 0;
  for (const record of log.records(options.from ?? 0, options.to ?? log.length)) {
    if (options.filter !== undefined && !options.filter(record)) continue;
    if (steps.length >= (options.most ?? 400)) {
      omitted++;
      continue;
    }
    const isMessage = record.via === 'message' && record.from !== undefined && record.from !== record.actor;
    const prefix = isMessage || record.via === 'start' ? '' : `${record.via} `;
    steps.push({ record, from: isMessage ? record.from : undefined, to: record.actor, label: `${prefix}${record.kind} #${record.seq}` });
  }
  return { steps, omitted };
}

/** The diagram as Mermaid. */
export function mermaid(log: LogReader, options: DiagramOptions = {}): string {
  const { steps, omitted } = diagramSteps(log, options);
  const names = participants(steps);
  const lines = ['sequenceDiagram'];
  for (const [actor, id] of names) lines.push(`  participant ${id} as ${actor}`);
  for (const step of steps) {
    const to = names.get(step.to) as string;
    const label = `${clean(step.label)} (${seconds(step.record.time)})`;
    lines.push(step.from === undefined ? `  Note over ${to}: ${label}` : `  ${names.get(step.from) as string}->>${to}: ${label}`);
  }
  if (omitted > 0) lines.push(`  %% ${omitted} more records are not drawn`);
  return `${lines.join('\n')}\n`;
}

const COLUMN = 190;
const ROW = 26;
const TOP = 60;

/** The diagram as a stand-alone SVG. Its height is 26 px a record. */
export function svg(log: LogReader, options: DiagramOptions = {}): string {
  const { steps, omitted } = diagramSteps(log, options);
  const columns = new Map([...participants(steps).keys()].map((actor, i) => [actor, 110 + i * COLUMN]));
  const width = 220 + Math.max(0, columns.size - 1) * COLUMN;
  const height = TOP + (steps.length + 2) * ROW;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>',
    '<rect width="100%" height="100%" fill="white"/>',
  ];
  for (const [actor, x] of columns) {
    parts.push(`<text x="${x}" y="30" text-anchor="middle" font-weight="bold">${escape(actor)}</text>`);
    parts.push(`<line x1="${x}" y1="38" x2="${x}" y2="${height - ROW}" stroke="#bbb"/>`);
  }
  steps.forEach((step, i) => parts.push(svgStep(step, TOP + i * ROW, columns)));
  if (omitted > 0) parts.push(`<text x="10" y="${height - 8}">${omitted} more records are not drawn</text>`);
  parts.push('</svg>');
  return `${parts.join('\n')}\n`;
}

function svgStep(step: DiagramStep, y: number, columns: ReadonlyMap<string, number>): string {
  const to = columns.get(step.to) as number;
  const label = escape(`${step.label}  ${seconds(step.record.time)}`);
  if (step.from === undefined) {
    return `<circle cx="${to}" cy="${y}" r="3"/><text x="${to + 7}" y="${y + 4}" fill="#555">${label}</text>`;
  }
  const from = columns.get(step.from) as number;
  const middle = (from + to) / 2;
  return `<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" stroke="black" marker-end="url(#head)"/><text x="${middle}" y="${y - 4}" text-anchor="middle">${label}</text>`;
}

/** The actors in the order in which they appear, with identifiers that Mermaid accepts. */
function participants(steps: readonly DiagramStep[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (actor: string): void => {
    if (!names.has(actor)) names.set(actor, `a${names.size}`);
  };
  for (const step of steps) {
    if (step.from !== undefined) add(step.from);
    add(step.to);
  }
  return names;
}

function clean(text: string): string {
  return text.replaceAll(/[;\n]/g, ' ');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
