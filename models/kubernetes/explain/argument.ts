/**
 * An argument: claims in plain words, each with the record that proves it.
 */
import type { LogRecord } from '../../../src/index.ts';
import { address, tellWhy, why, type Phrasebook } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import type { Seeker } from '../../../src/replay/seek.ts';
import type { KubeObject } from '../object/types.ts';
import { touchField, type Touch } from './blame.ts';
import { phrasebookOf } from './phrasebook.ts';
import { newestFirst, NO_SEQS } from './trail.ts';
import type { StoreView } from './store-view.ts';

/** One claim. `seq` is the record that shows it. */
export interface Claim {
  readonly text: string;
  readonly seq?: number;
}

/** An answer: what is so, why, and the record from which the chain of causes is followed. */
export interface Argument {
  readonly question: string;
  readonly claims: readonly Claim[];
  /** The decisive record. */
  readonly decisive?: number;
}

/** Where questions are answered: a log, a position, and the objects there. */
export interface Place {
  readonly log: LogReader;
  readonly position: number;
  readonly view: StoreView;
  /** The objects at other positions, when they may be asked for. */
  readonly seeker?: Seeker<StoreView>;
}

/** The last write before the place that touched a path of the object at an etcd key. */
export const lastWrite = (place: Place, key: string, pointer: string): Touch | undefined => touchField(place.log, place.view, key, pointer, place.position);

/** An actor as people call it: `kubectl` and requests from outside are the user's. */
export const writerName = (actor: string): string => (actor === 'kubectl' || actor === 'gateway' ? 'the user' : actor);

/** The last record before the place with a fact of `kind` about a pod (`namespace/name`) that `is` accepts. */
export function lastFact({ log, view, position }: Place, kind: string, pod: string, is: (data: { readonly [key: string]: unknown }) => boolean): LogRecord | undefined {
  for (const record of newestFirst(log, view.steps.get(pod) ?? NO_SEQS, position)) {
    if (record.facts.some((fact) => fact.kind === kind && (fact.data as { pod?: unknown }).pod === pod && is(fact.data as { readonly [key: string]: unknown }))) return record;
  }
  return undefined;
}

/** The last crash, restart, pause or other control event of an actor before the place. */
export const lastControl = ({ log, view, position }: Place, actor: string): LogRecord | undefined => newestFirst(log, view.controls.get(actor) ?? NO_SEQS, position).next().value ?? undefined;

/** The newest event objects about an object, newest first. */
export function eventsOf(place: Place, object: KubeObject, reasons?: readonly string[]): { readonly reason: string; readonly message: string; readonly count: number; readonly seq: number }[] {
  const found: { reason: string; message: string; count: number; seq: number }[] = [];
  // Events are named after what they are about, so that the others need not be read.
  const prefix = `/registry/events/${object.metadata.namespace ?? 'default'}/${object.metadata.name}.`;
  for (const [key, stored] of place.view.objects) {
    if (!key.startsWith(prefix)) continue;
    const { object: event, seq } = stored;
    const about = event['involvedObject'] as { kind?: string; name?: string; namespace?: string } | undefined;
    if (about?.name !== object.metadata.name || about?.kind !== object.kind) continue;
    if (object.metadata.namespace !== undefined && about?.namespace !== object.metadata.namespace) continue;
    const reason = String(event['reason'] ?? '');
    if (reasons !== undefined && !reasons.includes(reason)) continue;
    found.push({ reason, message: String(event['message'] ?? ''), count: Number(event['count'] ?? 1), seq });
  }
  return found.sort((x, y) => y.seq - x.seq);
}

/** The argument in words: the claims with their addresses, then the chain of causes of the decisive one. */
export function tell(place: Place, argument: Argument, phrasebook: Phrasebook = phrasebookOf(place.view)): string[] {
  const lines = [argument.question];
  for (const { text, seq } of argument.claims) {
    lines.push(`  ${(seq === undefined ? '' : address(place.log.at(seq))).padEnd(24)}${text}`);
  }
  if (argument.decisive === undefined) return lines;
  lines.push('', 'How it came to that, latest first:');
  const path = why(place.log, argument.decisive, { phrasebook });
  for (const line of tellWhy(place.log, path, phrasebook)) lines.push(`  ${line}`);
  return lines;
}
