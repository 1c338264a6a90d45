/**
 * The run-time guard: while the kernel's loop runs, ambient clocks, randomness, timers and locale functions throw.
 *
 * Lint catches names and the tidy test catches imports; this catches what both miss, in code of users too. The traps stand
 * only while the loop runs (it is synchronous), so nobody else's timers are touched, and a step costs nothing more. What
 * slips past the traps because it was captured before (`const later = setTimeout` at import time, an async handler) is
 * seen by Node's async hooks, where there are any: they report each promise, timer and tick that a step creates.
 */

/** Thrown when a step uses the clock, randomness, a timer, a promise or its context outside the step. */
export class AmbientAccess extends Error {
  override readonly name = 'AmbientAccess';
}

interface Trap {
  readonly owner: object;
  readonly key: string;
  readonly original: PropertyDescriptor;
  readonly trapped: PropertyDescriptor;
}

interface AsyncHook {
  enable(): void;
  disable(): void;
}

type BuiltinLoader = (id: string) => unknown;

/** What the async hooks report that a step must not make. */
const ASYNC_TYPES: readonly string[] = ['PROMISE', 'Timeout', 'Immediate', 'TickObject', 'Microtask'];

/** Global functions that throw while a step runs: path of the owner, and the method names. */
const TRAPPED: readonly (readonly [path: string, names: readonly string[]])[] = [
  ['', ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch', 'requestAnimationFrame']],
  ['', ['WeakRef', 'FinalizationRegistry']],
  ['Math', ['random']],
  ['performance', ['now']],
  ['process', ['hrtime', 'nextTick', 'uptime', 'cpuUsage', 'memoryUsage']],
  ['process.hrtime', ['bigint']],
  ['crypto', ['getRandomValues', 'randomUUID']],
  ['String.prototype', ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']],
  ['Number.prototype', ['toLocaleString']],
  ['Array.prototype', ['toLocaleString']],
  ['Intl', ['Collator', 'DateTimeFormat', 'NumberFormat', 'PluralRules', 'RelativeTimeFormat', 'ListFormat', 'Segmenter']],
];

/** Installs the traps around a run and tells whether a step left something asynchronous behind. */
export class Guard {
  private readonly where: () => string;
  private readonly traps: readonly Trap[];
  private readonly hook: AsyncHook | undefined;
  private escaped: string | undefined;
  /** True while an actor's code runs; between steps (logging, observers) the traps let everything pass. */
  private isStepping = false;

  /** `where` names the actor and the step that is running, for messages. */
  constructor(where: () => string) {
    this.where = where;
    this.traps = this.makeTraps();
    this.hook = this.makeHook();
  }

  /** Runs `body` with the traps installed. */
  during<T>(body: () => T): T {
    for (const { owner, key, trapped } of this.traps) Object.defineProperty(owner, key, trapped);
    this.hook?.enable();
    try {
      return body();
    } finally {
      this.hook?.disable();
      for (const { owner, key, original } of this.traps) Object.defineProperty(owner, key, original);
    }
  }

  /** The traps catch from here on; what was seen before is forgotten. */
  beforeStep(): void {
    this.escaped = undefined;
    this.isStepping = true;
  }

  /** The traps let everything pass again. */
  endStep(): void {
    this.isStepping = false;
  }

  /** Throws when the step made a promise, a timer or a tick. */
  afterStep(): void {
    if (this.escaped === undefined) return;
    const what = this.escaped;
    this.escaped = undefined;
    throw new AmbientAccess(
      `${this.where()} left something asynchronous behind (${what}): a step must do all its work before it returns`,
    );
  }

  private makeTraps(): Trap[] {
    const traps: Trap[] = [];
    for (const [path, names] of TRAPPED) {
      const owner = resolve(path);
      if (owner === undefined) continue;
      for (const name of names) this.addTrap(traps, owner, name, path === '' ? name : `${path}.${name}`);
    }
    this.addDateTrap(traps);
    return traps;
  }

  private addTrap(traps: Trap[], owner: object, key: string, name: string): void {
    const original = Object.getOwnPropertyDescriptor(owner, key) ?? inherited(owner, key);
    if (original === undefined || original.configurable === false) return;
    const refuse = this.refuser(name);
    const isOn = (): boolean => this.isStepping;
    const real = original.value as ((...args: unknown[]) => unknown) | undefined;
    const trap = function trap(this: unknown, ...args: unknown[]): unknown {
      if (isOn() || real === undefined) return refuse();
      return new.target === undefined ? Reflect.apply(real, this, args) : (Reflect.construct(real, args) as unknown);
    };
    for (const part of real === undefined ? [] : Object.getOwnPropertyNames(real)) {
      if (!(part in trap)) Object.defineProperty(trap, part, { configurable: true, get: () => (real as unknown as Record<string, unknown>)[part] });
    }
    traps.push({ owner, key, original, trapped: { configurable: true, writable: true, value: trap } });
  }

  private addDateTrap(traps: Trap[]): void {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'Date');
    if (original === undefined) return;
    const refuse = this.refuser('new Date()');
    const refuseNow = this.refuser('Date.now');
    const RealDate = Date;
    const trapped = new Proxy(RealDate, {
      construct: (target, args, newTarget) =>
        args.length === 0 && this.isStepping ? refuse() : (Reflect.construct(target, args, newTarget) as object),
      apply: (target) => (this.isStepping ? refuse() : target()),
      get: (target, key) => (key === 'now' && this.isStepping ? refuseNow : (Reflect.get(target, key) as unknown)),
    });
    traps.push({ owner: globalThis, key: 'Date', original, trapped: { ...original, value: trapped } });
  }

  private refuser(name: string): () => never {
    const where = this.where;
    return function refuse(): never {
      throw new AmbientAccess(
        `${where()} used ${name}: a step may only use its state, its message and its context ` +
          '(context.now is the time, context.choose the randomness, context.setTimer the timer)',
      );
    };
  }

  private makeHook(): AsyncHook | undefined {
    const runtime = (globalThis as { process?: { getBuiltinModule?: BuiltinLoader } }).process;
    const hooks = runtime?.getBuiltinModule?.('node:async_hooks') as
      | { createHook(callbacks: { init(id: number, type: string): void }): AsyncHook }
      | undefined;
    return hooks?.createHook({
      init: (_id, type) => {
        if (this.isStepping && ASYNC_TYPES.includes(type)) this.escaped = type;
      },
    });
  }
}

function resolve(path: string): object | undefined {
  let at: unknown = globalThis;
  for (const name of path === '' ? [] : path.split('.')) at = (at as Record<string, unknown> | undefined)?.[name];
  return (typeof at === 'object' && at !== null) || typeof at === 'function' ? at : undefined;
}

function inherited(owner: object, key: string): PropertyDescriptor | undefined {
  const parent = Object.getPrototypeOf(owner) as object | null;
  const found = parent === null ? undefined : Object.getOwnPropertyDescriptor(parent, key);
  return found === undefined ? undefined : { ...found, configurable: true };
}
