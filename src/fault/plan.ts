/**
 * Faults as plain data. A plan is part of a run's configuration: the same plan and seed make the same faults.
 *
 * Each fault has a name. Its draws come from the stream `fault/<name>`, and it shows in the log under its name when it begins and
 * ends, so adding a fault changes nothing of what others draw. Times are whole µs of virtual time, probabilities are parts per
 * million (no floating point decides anything).
 */
import type { Json } from '../log/record.ts';

/** Selects actors: an id, a type, or a pattern with `*` of either (`kubelet/*`). */
export type ActorPattern = string;

/** A direction between actors, and the kinds of messages that are meant (absent: all). */
export interface LinkPattern {
  readonly from: ActorPattern;
  readonly to: ActorPattern;
  /** Kinds of messages, with `*`. */
  readonly messages?: readonly string[];
  /** True: the opposite direction as well. */
  readonly both?: boolean;
}

/** When a fault begins: at a time, or when something happens (see `trigger.ts`). */
export type Start = { readonly at: number } | { readonly when: Trigger };

/** The nth fact (from 1) of a kind, or event of the model (`pod.bound`), whose data contains all of `where`; plain data, so that it can stand in a scenario file. */
export interface Trigger {
  readonly fact: string;
  readonly where?: { readonly [field: string]: Json };
  readonly nth?: number;
  /** µs between the event and the fault. */
  readonly after?: number;
}

interface Common {
  readonly name: string;
  readonly start: Start;
  /** Ends the fault when this happens (counted from its beginning), if nothing ended it before. */
  readonly until?: Trigger;
}

/** Acts on messages while it lasts. `stable` is the least time in µs that it lasts, whatever `for` a shrinker chooses. */
interface OnLink extends Common {
  readonly link: LinkPattern;
  readonly for: number;
  readonly stable?: number;
}

export type NetworkFault =
  | (OnLink & { readonly kind: 'loss' | 'duplicate'; readonly ppm: number })
  | (OnLink & { readonly kind: 'delay' | 'reorder'; readonly ppm: number; readonly min: number; readonly max: number })
  | (OnLink & { readonly kind: 'partition' });

interface OnActor extends Common {
  /** One of the actors that match is drawn, unless `each` is true. */
  readonly target: ActorPattern;
  readonly each?: boolean;
}

export type ProcessFault =
  /** `for`: restarts after so many µs. Absent: stays down until the faults are healed. */
  | (OnActor & { readonly kind: 'crash'; readonly for?: number })
  | (OnActor & { readonly kind: 'pause'; readonly for: number })
  | (OnActor & { readonly kind: 'slow'; readonly for: number; readonly by: number })
  /** The clock is `by` µs ahead; with `for`, only so long. A jump is a skew that begins in the middle of a run and stays. */
  | (OnActor & { readonly kind: 'skew'; readonly by: number; readonly for?: number })
  | (OnActor & { readonly kind: 'jump'; readonly by: number });

/** A kind that the model registers (store, node, container, …). `action` names it, `args` is up to the model. */
export interface ModelFault extends Common {
  readonly kind: 'model';
  readonly action: string;
  readonly args?: { readonly [name: string]: Json };
  readonly for?: number;
}

export type Fault = NetworkFault | ProcessFault | ModelFault;

export interface FaultPlan {
  readonly faults: readonly Fault[];
  /** All faults end here at the latest, µs: from then on the system has to recover. */
  readonly healAt?: number;
}

/** Whether a fault concerns messages on links rather than actors. */
export function isNetworkFault(fault: Fault): fault is NetworkFault {
  return ['loss', 'duplicate', 'delay', 'reorder', 'partition'].includes(fault.kind);
}

/** The stream from which a fault draws, and the name under which its draws and notes show. */
export function streamOf(fault: { readonly name: string }): string {
  return `fault/${fault.name}`;
}

/** Does `text` match `pattern`, where `*` stands for anything? */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = parts[parts.length - 1] as string;
  return text.length - last.length >= at && text.endsWith(last);
}

/** Does an actor match a pattern, by id or by type? */
export function matchesActor(pattern: ActorPattern, actor: { readonly id: string; readonly type: string }): boolean {
  return matches(pattern, actor.id) || matches(pattern, actor.type);
}
