/**
 * Statecharts, written with XState and run without its interpreter.
 *
 * A chart is compiled to tables when it is loaded: a step is then a few lookups (some 20 ns) instead of a walk through XState's
 * system (4 µs and more, with session ids from a module-level counter). Delays are the kernel's timers, effects are names.
 * What cannot be compiled is refused with the reason; a property proves that the table and XState agree.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** Where a chart is: the path of the innermost state (`running.stopping`) and the chart's context. */
export interface ChartState<C = unknown> {
  readonly value: string;
  readonly context: C;
  readonly isDone: boolean;
}

/** An effect of a chart: the name of a declared action, with its parameters. */
export interface ChartAction {
  readonly type: string;
  readonly params: unknown;
}

export interface ChartStep<C> {
  readonly state: ChartState<C>;
  readonly actions: readonly ChartAction[];
}

interface ChartEvent {
  readonly type: string;
}

type Scope<C> = { readonly context: C; readonly event: ChartEvent };
type Guard<C> = (scope: Scope<C>, params: unknown) => boolean;
/** An action of the table: an effect, or an assignment to the context. */
type Operation<C> = { readonly kind: 'emit'; readonly action: ChartAction } | { readonly kind: 'assign'; readonly apply: (scope: Scope<C>) => C };

interface Edge<C> {
  readonly guard: ((scope: Scope<C>) => boolean) | undefined;
  readonly operations: readonly Operation<C>[];
  /** The innermost state after the transition; undefined: nothing is left or entered. */
  readonly target: string | undefined;
  readonly isDone: boolean;
}

/** A compiled chart. */
export class Chart<C = unknown> {
  readonly initial: ChartStep<C>;
  private readonly table = new Map<string, Map<string, readonly Edge<C>[]>>();

  /** Compiles a machine. Throws with the reason when it uses what a table cannot hold. */
  constructor(machine: AnyStateMachine) {
    const compiler = new Compiler<C>(machine);
    for (const leaf of compiler.leaves) this.table.set(pathOf(leaf), compiler.edgesOf(leaf));
    this.initial = compiler.initial();
  }

  /** The step that an event causes. An event that the state does not know changes nothing. */
  step(state: ChartState<C>, event: ChartEvent): ChartStep<C> {
    const byType = state.isDone ? undefined : this.table.get(state.value);
    for (const edge of byType?.get(event.type) ?? byType?.get('*') ?? []) {
      if (edge.guard !== undefined && !edge.guard({ context: state.context, event })) continue;
      const { context, actions } = perform(edge.operations, state.context, event);
      return { state: { value: edge.target ?? state.value, context, isDone: edge.isDone }, actions };
    }
    return { state, actions: [] };
  }

  /** The events that a state knows. */
  eventsOf(value: string): readonly string[] {
    return [...(this.table.get(value)?.keys() ?? [])];
  }
}

/** Thrown for a machine that cannot be compiled. */
export class UncompilableChart extends Error {
  override readonly name = 'UncompilableChart';
}

function perform<C>(operations: readonly Operation<C>[], start: C, event: ChartEvent): { context: C; actions: ChartAction[] } {
  let context = start;
  const actions: ChartAction[] = [];
  for (const operation of operations) {
    if (operation.kind === 'emit') actions.push(operation.action);
    else context = operation.apply({ context, event });
  }
  return { context, actions };
}

/** A state's path below the root, as {@link ChartState.value} has it. */
const pathOf = (node: AnyStateNode): string => node.path.join('.');

class Compiler<C> {
  readonly leaves: AnyStateNode[] = [];
  private readonly machine: AnyStateMachine;

  constructor(machine: AnyStateMachine) {
    this.machine = machine;
    this.collect(machine.root as AnyStateNode);
  }

  initial(): ChartStep<C> {
    const entered = this.entering(this.machine.root as AnyStateNode, undefined);
    const configured = this.machine.config.context as unknown;
    if (typeof configured === 'function') this.refuse(this.machine.root as AnyStateNode, 'a context that is computed from input');
    const event = { type: 'xstate.init' };
    const { context, actions } = perform(this.operations(entered.flatMap((node) => node.entry), this.machine.root as AnyStateNode), (configured ?? {}) as C, event);
    const leaf = entered.at(-1) as AnyStateNode;
    return { state: { value: pathOf(leaf), context, isDone: isTopFinal(leaf) }, actions };
  }

  /** All transitions out of a leaf by event type, its own first, then those of its ancestors; `*` is for all other types. */
  edgesOf(leaf: AnyStateNode): Map<string, readonly Edge<C>[]> {
    const nodes: AnyStateNode[] = [];
    for (let node: AnyStateNode | undefined = leaf; node !== undefined; node = node.parent) nodes.push(node);
    const types = new Set(nodes.flatMap((node) => [...node.transitions.keys()]));
    const edges = new Map<string, readonly Edge<C>[]>();
    for (const type of types) {
      const definitions = nodes.flatMap((node) =>
        [...(node.transitions.get(type) ?? []), ...(type === '*' ? [] : (node.transitions.get('*') ?? []))].map((definition) => this.edge(leaf, node, definition)),
      );
      edges.set(type, definitions);
    }
    return edges;
  }

  private edge(leaf: AnyStateNode, source: AnyStateNode, definition: TransitionLike): Edge<C> {
    const guard = this.guard(definition.guard, source);
    const targets = definition.target ?? [];
    if (targets.length > 1) this.refuse(source, 'a transition with several targets');
    const [target] = targets;
    if (target === undefined) return { guard, operations: this.operations(definition.actions, source), target: undefined, isDone: false };
    const domain = domainOf(source, target, definition.reenter);
    const left: AnyStateNode[] = [];
    for (let node: AnyStateNode | undefined = leaf; node !== undefined && node !== domain; node = node.parent) left.push(node);
    const entered = this.entering(target, domain);
    const end = entered.at(-1) ?? target;
    const actions = [...left.flatMap((node) => node.exit), ...definition.actions, ...entered.flatMap((node) => node.entry)];
    return { guard, operations: this.operations(actions, source), target: pathOf(end), isDone: isTopFinal(end) };
  }

  /** The states that are entered to reach `target` from inside `domain`, outermost first, down to a leaf. */
  private entering(target: AnyStateNode, domain: AnyStateNode | undefined): AnyStateNode[] {
    const entered: AnyStateNode[] = [];
    for (let node: AnyStateNode | undefined = target; node !== undefined && node !== domain; node = node.parent) entered.unshift(node);
    for (let node = target; node.type === 'compound'; ) {
      const next = node.initial.target?.[0] as AnyStateNode | undefined;
      if (next === undefined) return this.refuse(node, 'a compound state without an initial one');
      if (node.initial.actions.length > 0) this.refuse(node, 'actions on an initial transition');
      entered.push(next);
      node = next;
    }
    return entered;
  }

  private collect(node: AnyStateNode): void {
    if (node.type === 'parallel' || node.type === 'history') this.refuse(node, `a ${node.type} state`);
    if (node.invoke.length > 0) this.refuse(node, 'an invocation: effects are declared actions');
    if (node.after.length > 0) this.refuse(node, 'a delayed transition: set a timer of the kernel and send its event');
    if ((node.always?.length ?? 0) > 0) this.refuse(node, 'an eventless transition');
    if (node.type === 'final' && node.parent?.parent !== undefined) this.refuse(node, 'a final state inside another state');
    const children = Object.values(node.states) as AnyStateNode[];
    if (children.length === 0) this.leaves.push(node);
    for (const child of children) this.collect(child);
  }

  private guard(guard: unknown, at: AnyStateNode): ((scope: Scope<C>) => boolean) | undefined {
    if (guard === undefined) return undefined;
    const { type, params } = (typeof guard === 'object' && guard !== null ? guard : { type: guard, params: undefined }) as { type: unknown; params: unknown };
    const found = (typeof type === 'function' ? type : this.machine.implementations.guards[String(type)]) as Guard<C> | undefined;
    if (typeof found !== 'function' || 'check' in found) return this.refuse(at, `the guard ${String(type)}, which is no plain function`);
    return (scope) => found(scope, params);
  }

  private operations(actions: readonly unknown[], at: AnyStateNode): Operation<C>[] {
    return actions.map((action) => this.operation(action, at));
  }

  private operation(action: unknown, at: AnyStateNode): Operation<C> {
    const { type, params } = (typeof action === 'object' && action !== null ? action : { type: action, params: undefined }) as { type: unknown; params: unknown };
    if (typeof params === 'function') return this.refuse(at, 'action parameters that are computed');
    if (typeof type === 'string') {
      const declared = this.machine.implementations.actions[type] as { readonly type?: string } | undefined;
      return isAssign(declared) ? assignment<C>(declared as unknown as AssignAction<C>) : { kind: 'emit', action: { type, params } };
    }
    return isAssign(type) ? assignment<C>(type as unknown as AssignAction<C>) : this.refuse(at, 'an inline action: declare it by name');
  }

  private refuse(node: AnyStateNode, what: string): never {
    throw new UncompilableChart(`the chart ${this.machine.id} cannot be compiled: state ${pathOf(node) || '(root)'} has ${what}`);
  }
}

interface TransitionLike {
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly actions: readonly unknown[];
  readonly guard?: unknown;
  readonly reenter: boolean;
}

type Assigner<C> = (scope: Scope<C>, params: unknown) => unknown;
interface AssignAction<C> {
  readonly type: 'xstate.assign';
  readonly assignment: Assigner<C> | Readonly<Record<string, unknown>>;
}

const isAssign = (value: unknown): value is AssignAction<never> => (value as { readonly type?: string } | undefined)?.type === 'xstate.assign';

function assignment<C>({ assignment: assigned }: AssignAction<C>): Operation<C> {
  const partial = (scope: Scope<C>): object => {
    if (typeof assigned === 'function') return assigned(scope, undefined) as object;
    return Object.fromEntries(Object.entries(assigned).map(([key, value]) => [key, typeof value === 'function' ? (value as Assigner<C>)(scope, undefined) : value]));
  };
  return { kind: 'assign', apply: (scope) => ({ ...scope.context, ...partial(scope) }) };
}

/** What a transition stays inside of (SCXML's transition domain, as XState 5 has it). */
function domainOf(source: AnyStateNode, target: AnyStateNode, reenter: boolean): AnyStateNode | undefined {
  if (!reenter && (target === source || isBelow(target, source))) return source;
  for (let node = source.parent; node !== undefined; node = node.parent) if (isBelow(target, node)) return node;
  return undefined;
}

function isBelow(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (at === ancestor) return true;
  return false;
}

const isTopFinal = (node: AnyStateNode): boolean => node.type === 'final' && node.parent?.parent === undefined;
