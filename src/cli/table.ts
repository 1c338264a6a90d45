/**
 * Tables as kubectl prints them: upper-case headings, columns as wide as their widest cell, three blanks between.
 * Source: cli-runtime/pkg/printers/tableprinter.go.
 */

/** Renders rows under headings. */
export function renderTable(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const cells = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map((cell) => String(cell ?? '')))];
  const widths = headings.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)));
  return cells.map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd((widths[at] ?? 0) + 3))).join('').trimEnd()).join('\n');
}
