/**
 * An argument: claims in plain words, each with the record that proves it.
 */
import type { LogRecord } from '../../../src/index.ts';
import { address, tellWhy, why, type Phrasebook } from '../../../src/explain/why.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import type { KubeObject } from '../object/types.ts';
import { blameField, controlBefore, factBefore, type FieldBlame } from './blame.ts';
import { PHRASEBOOK } from './phrasebook.ts';
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
}

/** The value of an object's etcd key and path that was written last before the place. */
export function lastWrite(place: Place, key: string, pointer: string): FieldBlame | undefined {
  return blameField(place.log, key, pointer, place.position);
}

/** An actor as people call it: `kubectl` and requests from outside are the user's. */
export const writerName = (actor: string): string => (actor === 'kubectl' || actor === 'gateway' ? 'the user' : actor);

/** The last record before the place with a fact of `kind` that `is` accepts. */
export const lastFact = (place: Place, kind: string, mention: string, is: (data: { readonly [key: string]: unknown }) => boolean): LogRecord | undefined => factBefore(place.log, place.position, kind, mention, is);

/** The last crash, restart, pause or other control event of an actor before the place. */
export const lastControl = (place: Place, actor: string): LogRecord | undefined => controlBefore(place.log, place.position, actor);

/** The newest event objects about an object, newest first. */
export function eventsOf(place: Place, object: KubeObject, reasons?: readonly string[]): { readonly reason: string; readonly message: string; readonly count: number; readonly seq: number }[] {
  const found: { reason: string; message: string; count: number; seq: number }[] = [];
  for (const [key, { object: event, seq }] of place.view.objects) {
    if (!key.startsWith('/registry/events/')) continue;
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
export function tell(place: Place, argument: Argument, phrasebook: Phrasebook = PHRASEBOOK): string[] {
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
