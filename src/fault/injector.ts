/**
 * Carries out a fault plan in a run.
 *
 * Everything it does is a control event of the kernel, or a change of the fault network that a `note` in the log names; so it
 * follows from plan and seed, and a replay that is given the plan makes it again. The injector draws through the kernel's choice
 * seam, from the stream of the fault.
 */
import type { Kernel } from '../kernel/kernel.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { Fact, Json, LogRecord } from '../log/record.ts';
import type { FaultNetwork } from './network.ts';
import { isNetworkFault, matchesActor, streamOf, type Fault, type FaultPlan, type ModelFault, type ProcessFault, type Trigger } from './plan.ts';
import { TriggerWatch } from './trigger.ts';

/**
 * What a model makes of a fault kind of its own. `until` is when it ends at the latest, µs (Infinity: when the faults are healed).
 * Returns what ends it, if it lasts.
 */
export type ModelAction = (
  kernel: Kernel,
  args: { readonly [name: string]: Json },
  draw: (kind: string, n: number) => number,
  until: number,
) => (() => void) | void;

/** What a fact means in the model's own words: `pod.bound`, say. */
export type ModelEvents = (fact: Fact) => readonly Fact[];

export interface InjectorOptions {
  readonly network?: FaultNetwork;
  /** Fault kinds of the model, by name. */
  readonly actions?: Readonly<Record<string, ModelAction>>;
  /** Events of the model that a fact is, as facts of their own; triggers may name them. */
  readonly events?: ModelEvents;
  /** Predicates for triggers, by the name of the fault. */
  readonly predicates?: Readonly<Record<string, (fact: Fact, record: LogRecord) => boolean>>;
}

/** How a fault shows in the log: a control record of kind `note` whose note has this shape. */
export interface FaultNote {
  readonly [field: string]: Json;
  readonly fault: string;
  readonly kind: string;
  readonly phase: 'begin' | 'end';
  /** The actors it hit; empty for faults on links. */
  readonly targets: readonly string[];
}

export class Injector {
  private readonly kernel: Kernel;
  private readonly plan: FaultPlan;
  private readonly options: InjectorOptions;
  private readonly active = new Map<Fault, () => void>();
  private isHealed = false;

  /** Schedules all of `plan`. Actors need not exist yet; a fault hits those that exist when it begins. */
  constructor(kernel: Kernel, plan: FaultPlan, options: InjectorOptions = {}) {
    this.kernel = kernel;
    this.plan = plan;
    this.options = options;
    for (const fault of plan.faults) {
      assert(!isNetworkFault(fault) || options.network !== undefined, `the fault ${fault.name} has a network to act on`);
      assert(fault.kind !== 'model' || options.actions?.[fault.action] !== undefined, `the model has a fault ${modelKind(fault)}`);
      if ('at' in fault.start) kernel.host(fault.start.at, () => this.begin(fault));
    }
    this.watchTriggers();
    if (plan.healAt !== undefined) kernel.host(plan.healAt, () => this.heal());
  }

  /** Ends all faults now, restarts what is down, and lets none begin any more. */
  heal(): void {
    if (this.isHealed) return;
    this.isHealed = true;
    for (const fault of [...this.active.keys()]) this.end(fault);
  }

  /** The names of the faults that are active now. */
  activeNames(): readonly string[] {
    return [...this.active.keys()].map((fault) => fault.name);
  }

  /** Ends an active fault at the milestone until which it holds. */
  private watchUntil(fault: Fault, until: Trigger): void {
    const watch = new TriggerWatch(until);
    const subscription = this.kernel.committed$.subscribe((record) => {
      if (this.active.has(fault) && !watch.fires(record)) return;
      subscription.unsubscribe();
      if (this.active.has(fault)) this.kernel.host(record.time + (until.after ?? 0), () => this.end(fault));
    });
  }

  private watchTriggers(): void {
    const waiting = this.plan.faults.flatMap((fault) =>
      'when' in fault.start
        ? [{ fault, after: fault.start.when.after ?? 0, watch: new TriggerWatch(fault.start.when, this.options.predicates?.[fault.name]) }]
        : [],
    );
    if (waiting.length === 0) return;
    const { events } = this.options;
    this.kernel.committed$.subscribe((committed) => {
      const record = events === undefined || committed.facts.length === 0 ? committed : { ...committed, facts: committed.facts.flatMap((fact) => [fact, ...events(fact)]) };
      for (const { fault, after, watch } of waiting) {
        // The host event runs after the step has ended: the control events that it schedules come before anything else then.
        if (watch.fires(record)) this.kernel.host(record.time + after, () => this.begin(fault));
      }
    });
  }

  /** Begins a fault now that is not in the plan: what a person orders while the run goes on. */
  add(fault: Fault): void {
    this.begin(fault);
  }

  /** Ends the active faults of a name now. */
  remove(name: string): void {
    for (const fault of [...this.active.keys()]) if (fault.name === name) this.end(fault);
  }

  private begin(fault: Fault): void {
    if (this.isHealed) return;
    const { kernel } = this;
    const { targets, undo } = this.apply(fault);
    this.note(fault, 'begin', targets);
    if (undo === undefined) return;
    this.active.set(fault, () => {
      undo();
      this.note(fault, 'end', targets);
    });
    if (fault.until !== undefined) this.watchUntil(fault, fault.until);
    const lasts = isNetworkFault(fault) ? Math.max(fault.for, fault.stable ?? 0) : 'for' in fault ? fault.for : undefined;
    if (lasts !== undefined) kernel.host(kernel.now + lasts, () => this.end(fault));
  }

  private end(fault: Fault): void {
    const undo = this.active.get(fault);
    this.active.delete(fault);
    undo?.();
  }

  private apply(fault: Fault): { readonly targets: readonly string[]; readonly undo: (() => void) | undefined } {
    if (isNetworkFault(fault)) {
      const network = this.options.network as FaultNetwork;
      network.begin(fault);
      return { targets: [], undo: () => network.end(fault) };
    }
    const draw = (kind: string, n: number): number => this.kernel.choose(streamOf(fault), kind, n);
    if (fault.kind === 'model') {
      const action = this.options.actions?.[fault.action];
      assert(action !== undefined, `the model knows the action ${fault.action}`);
      const until = Math.min(this.kernel.now + (fault.for ?? Infinity), this.plan.healAt ?? Infinity);
      const undo = action(this.kernel, fault.args ?? {}, draw, until);
      return { targets: [], undo: undo ?? undefined };
    }
    const found = this.kernel.actors().filter((actor) => matchesActor(fault.target, actor));
    const targets = fault.each === true || found.length === 0 ? found : [found[draw('target', found.length)] as (typeof found)[0]];
    const ids = targets.map((actor) => actor.id);
    const undos = ids.flatMap((id) => this.hit(fault, id) ?? []);
    return { targets: ids, undo: undos.length === 0 ? undefined : () => undos.forEach((undo) => undo()) };
  }

  private hit(fault: ProcessFault, actor: string): (() => void) | undefined {
    const { kernel } = this;
    const reason = fault.name;
    switch (fault.kind) {
      case 'crash':
        kernel.control({ kind: 'crash', actor, reason });
        return () => kernel.control({ kind: 'restart', actor, reason });
      case 'pause':
        kernel.control({ kind: 'pause', actor, reason });
        return () => kernel.control({ kind: 'resume', actor, reason });
      case 'slow':
        kernel.control({ kind: 'slow', actor, by: fault.by, reason });
        return () => kernel.control({ kind: 'slow', actor, by: 0, reason });
      case 'skew':
        kernel.control({ kind: 'skew', actor, by: fault.by, reason });
        return () => kernel.control({ kind: 'skew', actor, by: 0, reason });
      case 'jump':
        kernel.control({ kind: 'skew', actor, by: fault.by, reason });
        return undefined;
      default:
        return unreachable(fault);
    }
  }

  private note(fault: Fault, phase: FaultNote['phase'], targets: readonly string[]): void {
    const note: FaultNote = { fault: fault.name, kind: modelKind(fault), phase, targets };
    this.kernel.control({ kind: 'note', actor: streamOf(fault), note });
  }
}

/** A fault's kind as the log and budgets name it: a model's own kinds by their action. */
export function modelKind(fault: Fault | ModelFault): string {
  return fault.kind === 'model' ? fault.action : fault.kind;
}
