/**
 * Where things happened: for every object the records that wrote it, for every pod the steps of scheduler and runtime, for every
 * actor what was done to it. With it a question about a long log reads a few blocks instead of all.
 */
import type { LogReader } from '../../../src/log/reader.ts';
import type { LogRecord } from '../../../src/index.ts';
import type { Edit } from '../object/diff.ts';

/** Sequence numbers, oldest first. A leading -1 says that older ones were dropped. */
export type Seqs = readonly number[];

const SEQS_MAX = 512;
const DROPPED = -1;
export const NO_SEQS: Seqs = [];

/** One more. Lists are shared between states, so a new one is made. */
export function appended(seqs: Seqs, seq: number): Seqs {
  if (seqs[seqs.length - 1] === seq) return seqs;
  return seqs.length < SEQS_MAX ? [...seqs, seq] : [DROPPED, ...seqs.slice(-SEQS_MAX / 2), seq];
}

/** True when the list has all. */
export const isComplete = (seqs: Seqs): boolean => seqs[0] !== DROPPED;

/** The records of a list before `position`, newest first. */
export function* newestFirst(log: LogReader, seqs: Seqs, position: number): Generator<LogRecord, void, undefined> {
  for (let i = seqs.length - 1; i >= 0; i--) {
    const seq = seqs[i] as number;
    if (seq >= 0 && seq < position) yield log.at(seq);
  }
}

/**
 * The last of an object's writes before `position` that touched the value at `path` (RFC 6901; '' is the whole). Undefined when there
 * is none among those that are known; `isComplete` tells whether that means never.
 */
export function lastTouch(log: LogReader, key: string, seqs: Seqs, pointer: string, position: number): LogRecord | undefined {
  const path = pointer.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (const record of newestFirst(log, seqs, position)) {
    for (const { kind, data } of record.facts) {
      const fact = data as { readonly key?: string; readonly value?: unknown; readonly edits?: readonly Edit[] };
      if (fact.key !== key) continue;
      if (kind === 'etcd.delete' || fact.value !== undefined || path.length === 0) return record;
      if (fact.edits?.some(([at]) => at.every((part, i) => i >= path.length || String(part) === path[i])) === true) return record;
    }
  }
  return undefined;
}
