/**
 * Why a kubelet that has just started makes pods run: somebody started it again, or the API server that it asked shows the past.
 *
 * A kubelet waits with all pods until its sources have answered, so the step before is a timer that asks whether they have.
 */
import type { LogRecord } from '../../../src/index.ts';
import type { Link } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import type { StoreView } from './store-view.ts';
import { newestFirst, NO_SEQS } from './trail.ts';

/** Faults that keep an API server from seeing changes. */
const LAGS: readonly string[] = ['lagging-cache', 'stale-read', 'time-travel'];

/** How far back the answer of the API server is looked for, in records. */
const ANSWERED_WITHIN = 2_000;

/** The reason of the first pods of a kubelet; undefined for other records, and when it simply started with the run. */
export function kubeletStartLink(record: LogRecord, log: LogReader, view: StoreView): Link | undefined {
  if (record.via !== 'timer' || record.kind !== 'sources.ready') return undefined;
  const answer = newest(log, Math.max(0, record.seq - ANSWERED_WITHIN), record.seq, record.actor, 'api.response');
  const server = answer?.from;
  if (server === undefined) return undefined;
  const lag = lagOf(log, view, server, record.seq);
  if (lag !== undefined) return { seq: lag.seq, because: `it took its pods from ${server}, which shows the past` };
  const control = newestFirst(log, view.controls.get(record.actor) ?? NO_SEQS, record.seq).next().value ?? undefined;
  return control?.kind === 'restart' ? { seq: control.seq, because: `it takes up all pods that ${server} shows` } : undefined;
}

/** The fault since whose begin an API server has heard nothing from etcd. */
function lagOf(log: LogReader, view: StoreView, server: string, before: number): LogRecord | undefined {
  const ended = new Set<string>();
  for (const record of newestFirst(log, view.controls.get('$kernel') ?? NO_SEQS, before)) {
    const { note } = (record.message ?? {}) as { note?: { fault: string; kind: string; phase: string } };
    if (note === undefined) continue;
    if (note.phase === 'end') ended.add(note.fault);
    else if (LAGS.includes(note.kind) && !ended.has(note.fault)) return newest(log, record.seq, before, server, 'etcd.events') === undefined ? record : undefined;
  }
  return undefined;
}

/** The newest record of an actor and a kind in [from, to). */
function newest(log: LogReader, from: number, to: number, actor: string, kind: string): LogRecord | undefined {
  let found: number | undefined;
  for (const block of log.views(from, to)) {
    if (!block.mentions(actor) || !block.mentions(kind)) continue;
    const end = Math.min(block.count, to - block.seq);
    for (let i = Math.max(0, from - block.seq); i < end; i++) if (block.kindOf(i) === kind && block.actorOf(i) === actor) found = block.seq + i;
  }
  return found === undefined ? undefined : log.at(found);
}
