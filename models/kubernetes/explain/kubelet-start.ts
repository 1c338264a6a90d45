/**
 * Why a kubelet that has just started makes a pod run: it lists the pods of its node, so no message about the pod woke it. The pod is
 * bound to the node; or the API server that was asked shows the past.
 */
import type { Fact, LogRecord } from '../../../src/index.ts';
import type { Link } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import { touchField } from './blame.ts';
import type { StoreView } from './store-view.ts';
import { newestFirst, NO_SEQS } from './trail.ts';

/** Faults that keep an API server from seeing changes. */
const LAGS: readonly string[] = ['lagging-cache', 'stale-read', 'time-travel'];

/** How many steps a write may lie behind a sandbox. */
const WOKEN_WITHIN = 100;

/** How far back the answer of the API server is looked for, in records. */
const ANSWERED_WITHIN = 10_000;

/** The reason of a pod's sandbox when its kubelet found the pod in a list. */
export function kubeletStartLink(record: LogRecord, { data }: Fact, log: LogReader, view: StoreView): Link | undefined {
  const { pod } = data as { pod?: string };
  const node = record.actor.slice(record.actor.indexOf('/') + 1);
  const key = `/registry/pods/${pod}`;
  if (pod === undefined || isWokenByWrite(record, key, log)) return undefined;
  const server = newest(log, record.seq, `kubelet/${node}`, 'api.response')?.from;
  const lag = server === undefined ? undefined : lagOf(log, view, server, record.seq);
  if (lag !== undefined) return { seq: lag.seq, because: `its kubelet asked ${server}, which shows the past` };
  const bound = touchField(log, view, key, '/spec/nodeName', record.seq);
  return bound === undefined ? undefined : { seq: bound.record.seq, because: 'its kubelet found it there' };
}

function isWokenByWrite(record: LogRecord, key: string, log: LogReader): boolean {
  let at = record;
  for (let steps = 0; at.cause >= 0 && at.via !== 'start' && steps < WOKEN_WITHIN; steps++) {
    at = log.at(at.cause);
    if (at.facts.some((fact) => (fact.data as { key?: string }).key === key)) return true;
  }
  return false;
}

/** The fault since whose begin an API server has heard nothing from etcd. */
function lagOf(log: LogReader, view: StoreView, server: string, before: number): LogRecord | undefined {
  const ended = new Set<string>();
  for (const record of newestFirst(log, view.controls.get('$kernel') ?? NO_SEQS, before)) {
    const { note } = (record.message ?? {}) as { note?: { fault: string; kind: string; phase: string } };
    if (note === undefined) continue;
    if (note.phase === 'end') ended.add(note.fault);
    else if (LAGS.includes(note.kind) && !ended.has(note.fault)) return newest(log, before, server, 'etcd.events', record.seq) === undefined ? record : undefined;
  }
  return undefined;
}

/** The newest record of an actor and a kind before another. */
function newest(log: LogReader, before: number, actor: string, kind: string, from: number = Math.max(0, before - ANSWERED_WITHIN)): LogRecord | undefined {
  let found: number | undefined;
  for (const block of log.views(from, before)) {
    if (!block.mentions(actor) || !block.mentions(kind)) continue;
    const end = Math.min(block.count, before - block.seq);
    for (let i = Math.max(0, from - block.seq); i < end; i++) if (block.kindOf(i) === kind && block.actorOf(i) === actor) found = block.seq + i;
  }
  return found === undefined ? undefined : log.at(found);
}
