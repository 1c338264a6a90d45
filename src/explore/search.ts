/**
 * Bounded exhaustive search of a model's states, breadth first or depth first.
 *
 * Breadth first finds shortest paths; depth first needs less memory on wide graphs. A state is known by its key, or, with
 * `compact`, by a 53-bit hash of it (hash compaction: two states that collide are taken for one; the report says how likely that
 * was). With `symmetry`, states count as seen when a renaming of one was seen, while the path goes on from the state itself, so
 * that it stays a path of the model (Stateright does the same).
 */
import type { Model, StateProperty } from './model.ts';

export interface SearchOptions {
  readonly order?: 'breadth' | 'depth';
  readonly symmetry?: boolean;
  readonly compact?: boolean;
  /** Bounds; reaching one ends the search, and the report says which. */
  readonly statesMax?: number;
  readonly depthMax?: number;
  /** Asked now and then: false ends the search (a caller with a clock). */
  readonly goOn?: () => boolean;
  /** Ends the search at the first violated `always` property. Default true. */
  readonly stopAtViolation?: boolean;
}

/** A path to a state that decides a property: actions from an initial state, in words. */
export interface Discovery {
  readonly property: string;
  readonly path: readonly string[];
}

export interface SearchReport {
  /** Different states. */
  readonly unique: number;
  /** States that were made, equal ones counted again. */
  readonly generated: number;
  readonly depth: number;
  /** The whole space within the model's own bound was searched. */
  readonly isComplete: boolean;
  readonly bound: 'states' | 'depth' | 'time' | undefined;
  /** Violated `always` properties, each with a path. */
  readonly violations: readonly Discovery[];
  /** `sometimes` properties that were reached, each with a path, and those that were not. */
  readonly reached: readonly Discovery[];
  readonly unreached: readonly string[];
}

interface Visit<State, Action> {
  readonly state: State;
  readonly parent: Visit<State, Action> | undefined;
  readonly action: Action | undefined;
  readonly depth: number;
}

/** Searches all states that `model` can reach. */
export function search<State, Action>(model: Model<State, Action>, options: SearchOptions = {}): SearchReport {
  return new Search(model, options).run();
}

class Search<State, Action> {
  private readonly model: Model<State, Action>;
  private readonly options: SearchOptions;
  private readonly seen = new Set<number | string>();
  private readonly found = new Map<string, Visit<State, Action>>();
  private readonly frontier: Visit<State, Action>[] = [];
  private open: StateProperty<State>[];
  private generated = 0;
  private depth = 0;
  private bound: SearchReport['bound'] = undefined;
  private isStopped = false;

  constructor(model: Model<State, Action>, options: SearchOptions) {
    this.model = model;
    this.options = options;
    this.open = [...model.properties];
  }

  run(): SearchReport {
    const { model, frontier, options } = this;
    const actions: Action[] = [];
    for (const state of model.initial()) this.enter(state, undefined, undefined);
    const isDepthFirst = options.order === 'depth';
    let head = 0;
    let visits = 0;
    while (head < frontier.length && !this.isStopped) {
      const visit = (isDepthFirst ? frontier.pop() : frontier[head++]) as Visit<State, Action>;
      if (!isDepthFirst && head > 65_536) {
        frontier.splice(0, head);
        head = 0;
      }
      if ((++visits & 0x3ff) === 0 && options.goOn?.() === false) {
        this.bound = 'time';
        break;
      }
      if (visit.depth >= (options.depthMax ?? Infinity)) {
        this.bound = 'depth';
        continue;
      }
      actions.length = 0;
      model.actions(visit.state, actions);
      for (let i = 0; i < actions.length; i++) {
        const action = actions[i] as Action;
        const next = model.next(visit.state, action);
        if (next !== undefined) this.enter(next, visit, action);
        if (this.isStopped) break;
      }
    }
    return this.report();
  }

  private enter(state: State, parent: Visit<State, Action> | undefined, action: Action | undefined): void {
    const { model, options, seen } = this;
    if (model.isInside?.(state) === false) return;
    this.generated++;
    const stands = options.symmetry === true && model.representative !== undefined ? model.representative(state) : state;
    const key = model.key(stands);
    const before = seen.size;
    seen.add(options.compact === true && typeof key === 'string' ? hash53(key) : key);
    if (seen.size === before) return;
    const visit: Visit<State, Action> = { state, parent, action, depth: parent === undefined ? 0 : parent.depth + 1 };
    if (visit.depth > this.depth) this.depth = visit.depth;
    if (this.open.length > 0) this.judge(visit);
    if (seen.size >= (options.statesMax ?? Infinity)) {
      this.bound = 'states';
      this.isStopped = true;
    }
    this.frontier.push(visit);
  }

  private judge(visit: Visit<State, Action>): void {
    for (const property of this.open) {
      const holds = property.holds(visit.state);
      if (holds !== (property.kind === 'sometimes')) continue;
      this.found.set(property.name, visit);
      this.open = this.open.filter((other) => other !== property);
      if (property.kind === 'always' && this.options.stopAtViolation !== false) this.isStopped = true;
    }
  }

  private report(): SearchReport {
    const discoveries = (kind: StateProperty<State>['kind']): Discovery[] =>
      this.model.properties.flatMap(({ name, kind: its }) => {
        const visit = its === kind ? this.found.get(name) : undefined;
        return visit === undefined ? [] : [{ property: name, path: this.pathTo(visit) }];
      });
    return {
      unique: this.seen.size,
      generated: this.generated,
      depth: this.depth,
      isComplete: this.bound === undefined && !this.isStopped,
      bound: this.bound,
      violations: discoveries('always'),
      reached: discoveries('sometimes'),
      unreached: this.open.filter(({ kind }) => kind === 'sometimes').map(({ name }) => name),
    };
  }

  private pathTo(visit: Visit<State, Action>): string[] {
    const path: string[] = [];
    for (let at: Visit<State, Action> | undefined = visit; at?.action !== undefined; at = at.parent) {
      path.push(this.model.describe(at.action));
    }
    return path.reverse();
  }
}

/** A 53-bit hash of a text (cyrb53's construction: two 32-bit multiplicative lanes). */
export function hash53(text: string): number {
  let x = 0xdeadbeef;
  let y = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    x = Math.imul(x ^ unit, 2654435761);
    y = Math.imul(y ^ unit, 1597334677);
  }
  x = Math.imul(x ^ (x >>> 16), 2246822507) ^ Math.imul(y ^ (y >>> 13), 3266489909);
  y = Math.imul(y ^ (y >>> 16), 2246822507) ^ Math.imul(x ^ (x >>> 13), 3266489909);
  return 4294967296 * (2097151 & y) + (x >>> 0);
}
