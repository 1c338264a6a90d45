/**
 * The difference between two specs, appended to messages that forbid a change.
 *
 * Upstream appends the output of go-cmp, which that library declares unstable; what can be relied upon is that the first
 * line of the message is fixed and that lines with `-` and `+` follow. Upstream: apimachinery/pkg/util/diff.
 */
import type { Json } from '../defaults/fill.ts';
import { goSyntax } from '../status/go-format.ts';
import { sameJson } from './check.ts';

/** One pair of lines for each top-level field that differs, in order of names. */
export function diffText(before: Json, after: Json): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const lines = names
    .filter((name) => !sameJson(before[name], after[name]))
    .flatMap((name) => [`- \t${title(name)}: ${goSyntax(before[name])},`, `+ \t${title(name)}: ${goSyntax(after[name])},`]);
  return `${lines.join('\n')}\n`;
}

const title = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
