/**
 * A scene as the lines of a screen: a pure function of the scene and the screen's size.
 */
import type { Scene, SceneSize } from './scene.ts';

/** How lines are emphasised; plain text when the functions return what they are given. */
export interface Ink {
  bold(text: string): string;
  dim(text: string): string;
  inverse(text: string): string;
}

export const PLAIN: Ink = { bold: (text) => text, dim: (text) => text, inverse: (text) => text };
const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
export const ANSI: Ink = { bold: sgr(1, 22), dim: sgr(2, 22), inverse: sgr(7, 27) };

export const KEYS = '←/→ step  [/] 100 steps  ↑/↓ select  ⏎ go there  / search  n/N again  : command  a all  g/G ends  q quit';

/** How much fits on a screen of so many rows. */
export function sizeFor(rows: number): SceneSize {
  const free = Math.max(8, rows - 8);
  const nodes = Math.min(4, Math.max(1, Math.floor(free * 0.15)));
  const pods = Math.max(2, Math.floor(free * 0.3));
  const causes = Math.max(2, Math.floor(free * 0.25));
  return { nodes, pods, causes, records: Math.max(2, free - nodes - pods - causes - 2) };
}

/** Exactly `rows` lines, none wider than `columns`. The last one is the footer. */
export function render(scene: Scene, footer: string, columns: number, rows: number, ink: Ink = PLAIN): string[] {
  const cut = (text: string): string => (text.length > columns ? `${text.slice(0, Math.max(0, columns - 1))}…` : text);
  const heading = (text: string): string => ink.bold(cut(text));
  const lines = [
    ink.inverse(cut(scene.title).padEnd(columns)),
    ...tableLines(scene.nodes).map((line, i) => (i === 0 ? heading(line) : cut(line))),
    '',
    ...tableLines(scene.pods).map((line, i) => (i === 0 ? heading(line) : cut(line))),
    '',
    heading('RECORDS'),
    ...scene.records.map(({ text, isSelected, isPast }) => {
      const line = cut(`${isSelected ? '>' : ' '} ${text}`);
      return isSelected ? ink.inverse(line) : isPast ? line : ink.dim(line);
    }),
    heading('WHY'),
    ...scene.causes.map((line) => cut(`  ${line}`)),
  ];
  const body = lines.slice(0, rows - 1);
  while (body.length < rows - 1) body.push('');
  return [...body, ink.dim(cut(footer))];
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) if (row.length > 1) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 3))).join(''));
}
