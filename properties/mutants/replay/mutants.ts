/**
 * Banks with one planted bug each, and where replay must say that it is: actor, message and field.
 *
 * Most bugs are edits of what a handler asks of its context (as data, in order), which covers the ways a step can differ
 * from the one in the log; the last ones are handlers written wrongly.
 */
import type { ActorSpec, Context, Json, Message } from '../../../src/index.ts';
import { HANDLERS, type Handler, type Handlers, type Note } from '../../engine/toy/bank.ts';

/** One thing that a step asks of its context. */
type Call =
  | { readonly op: 'send'; readonly to: string; readonly message: Note }
  | { readonly op: 'setTimer'; readonly key: string; readonly delay: number; readonly message: Note }
  | { readonly op: 'cancelTimer'; readonly key: string }
  | { readonly op: 'record'; readonly kind: string; readonly data: { readonly [key: string]: Json } }
  | { readonly op: 'spawn'; readonly actor: ActorSpec }
  | { readonly op: 'stop'; readonly id: string }
  | { readonly op: 'monitor'; readonly id: string };

export interface Mutant {
  readonly name: string;
  /** Type of the actor that the bug is in. */
  readonly actor: string;
  /** The message whose handling goes wrong. */
  readonly message: string;
  /** Where the first difference is, at level `full`. */
  readonly pointer: string;
  readonly handlers: Handlers;
}

/** Collects what a handler asks for, and lets `edit` change it. */
function edited(handler: Handler, edit: (calls: Call[]) => Call[], choose?: (context: Context) => Context['choose']): Handler {
  return (state, message, context) => {
    const calls: Call[] = [];
    const recording = Object.assign(Object.create(context) as Context, {
      send: (to: string, sent: Message) => calls.push({ op: 'send', to, message: sent as Note }),
      setTimer: (key: string, delay: number, sent: Message) => calls.push({ op: 'setTimer', key, delay, message: sent as Note }),
      cancelTimer: (key: string) => calls.push({ op: 'cancelTimer', key }),
      record: (kind: string, data: Json) => calls.push({ op: 'record', kind, data: data as { [key: string]: Json } }),
      spawn: (spec: ActorSpec) => calls.push({ op: 'spawn', actor: spec }),
      stop: (id: string) => calls.push({ op: 'stop', id }),
      monitor: (id: string) => calls.push({ op: 'monitor', id }),
      choose: choose?.(context) ?? ((kind: string, n: number, label?: string) => context.choose(kind, n, label)),
    });
    handler(state, message, recording);
    for (const call of edit(calls)) perform(call, context);
  };
}

function perform(call: Call, context: Context): void {
  switch (call.op) {
    case 'send':
      return context.send(call.to, call.message);
    case 'setTimer':
      return context.setTimer(call.key, call.delay, call.message);
    case 'cancelTimer':
      return context.cancelTimer(call.key);
    case 'record':
      return context.record(call.kind, call.data);
    case 'spawn':
      return context.spawn(call.actor);
    case 'stop':
      return context.stop(call.id);
    case 'monitor':
      return context.monitor(call.id);
  }
}

function replaced(type: string, kind: string, handler: Handler): Handlers {
  return { ...HANDLERS, [type]: { ...HANDLERS[type], [kind]: handler } };
}

function mutant(name: string, type: string, message: string, pointer: string, edit: (calls: Call[]) => Call[]): Mutant {
  const handler = HANDLERS[type]?.[message] as Handler;
  return { name, actor: type, message, pointer, handlers: replaced(type, message, edited(handler, edit)) };
}

function asks(name: string, type: string, message: string, pointer: string, choose: (context: Context) => Context['choose']): Mutant {
  const handler = HANDLERS[type]?.[message] as Handler;
  return { name, actor: type, message, pointer, handlers: replaced(type, message, edited(handler, (calls) => calls, choose)) };
}

/** Applies `change` to the calls of one kind, the `which`-th of them (all when absent). */
function on<Op extends Call['op']>(op: Op, change: (call: Extract<Call, { op: Op }>) => Call[], which?: number): (calls: Call[]) => Call[] {
  return (calls) => {
    let seen = 0;
    return calls.flatMap((call) => (call.op === op && (which === undefined || seen++ === which) ? change(call as Extract<Call, { op: Op }>) : [call]));
  };
}

function swap(op: Call['op']): (calls: Call[]) => Call[] {
  return (calls) => {
    const at = calls.flatMap((call, i) => (call.op === op ? [i] : []));
    const [x, y] = at;
    if (x === undefined || y === undefined) return calls;
    const swapped = [...calls];
    [swapped[x], swapped[y]] = [calls[y] as Call, calls[x] as Call];
    return swapped;
  };
}

const field = (name: string, value: Json) => (call: Extract<Call, { op: 'record' }>): Call[] => [{ ...call, data: { ...call.data, [name]: value } }];
const none = (): Call[] => [];
const twice = (call: Call): Call[] => [call, call];

const wrong: Handler = (state, message, context) => {
  const { account, amount } = message as unknown as { account: string; amount: number };
  state.accounts.set(account, amount);
  context.record('deposit', { account, balance: state.accounts.get(account) ?? 0 });
};

const forgetful: Handler = (state, message, context) => {
  state.pending = undefined;
  context.cancelTimer('patience');
  context.record('served', { id: message['id'] as string, total: state.total });
  context.setTimer('next', 10_000 + context.choose('think', 1000), { kind: 'tick' });
};

const lenient: Handler = (state, message, context) => {
  const { from, amount } = message as unknown as { from: string; amount: number };
  if ((state.accounts.get(from) ?? 0) < amount) state.accounts.set(from, amount);
  HANDLERS['ledger']?.['transfer']?.(state, message, context);
};

const unordered: Handler = (state, message, context) => {
  const names = [...state.accounts.keys()];
  const last = names[names.length - 1] as string;
  const kept = state.accounts.get(last) as number;
  const rest = names.slice(0, -1).map((name) => [name, state.accounts.get(name) as number] as const);
  state.accounts.clear();
  state.accounts.set(last, kept);
  for (const [name, value] of rest) state.accounts.set(name, value);
  HANDLERS['ledger']?.['close-day']?.(state, message, context);
};

/** All of them. */
export const MUTANTS: readonly Mutant[] = [
  mutant('a changed constant in a fact', 'ledger', 'start', '/facts/0/data/bank', on('record', field('bank', 'real'))),
  mutant('a nested number', 'ledger', 'transfer', '/facts/0/data/balances/1', on('record', (call) => [{ ...call, data: { ...call.data, balances: [(call.data['balances'] as number[])[0] as number, -1] } }], 0)),
  mutant('another kind of fact', 'ledger', 'deposit', '/facts/0/kind', on('record', (call) => [{ ...call, kind: 'gift' }])),
  mutant('a missing fact', 'ledger', 'transfer', '/facts/1', on('record', none, 1)),
  mutant('an extra fact', 'teller', 'done', '/facts/1', on('record', (call) => [call, { op: 'record', kind: 'smile', data: {} }])),
  mutant('swapped facts', 'ledger', 'transfer', '/facts/0', swap('record')),
  mutant('an extra member of a fact', 'auditor', 'copy', '/facts/0/data/by', on('record', field('by', 'me'))),
  mutant('a missing member of a fact', 'auditor', 'copy', '/facts/0/data/total', on('record', (call) => [{ ...call, data: { id: call.data['id'] as string } }])),
  mutant('a text instead of a number', 'inspector', 'answer', '/facts/0/data/entries', on('record', (call) => [{ ...call, data: { entries: String(call.data['entries']) } }])),
  mutant('swapped sends', 'ledger', 'transfer', '/effects/0', swap('send')),
  mutant('an extra send', 'ledger', 'transfer', '/effects/2', on('send', (call) => [call, { op: 'send', to: 'auditor', message: { kind: 'gossip' } }], 1)),
  mutant('a doubled send', 'teller', 'tick', '/effects/1', on('send', twice)),
  mutant('a missing send', 'ledger', 'transfer', '/effects/1', on('send', none, 1)),
  mutant('the only send is missing', 'ledger', 'question', '/effects/0', on('send', none)),
  mutant('a send to another actor', 'inspector', 'start', '/effects/0/target', on('send', (call) => [{ ...call, to: 'auditor' }])),
  mutant('another kind of message', 'inspector', 'answer', '/effects/0/body/kind', on('send', (call) => [{ ...call, message: { ...call.message, kind: 'ready' } }])),
  mutant('a changed field of a message', 'ledger', 'transfer', '/effects/1/body/amount', on('send', (call) => [{ ...call, message: { ...call.message, amount: 0 } }], 1)),
  mutant('an extra field of a message', 'teller', 'tick', '/effects/0/body/note', on('send', (call) => [{ ...call, message: { ...call.message, note: 'urgent' } }])),
  mutant('a timer off by one', 'teller', 'tick', '/effects/1/delay', on('setTimer', (call) => [{ ...call, delay: call.delay + 1 }])),
  mutant('a timer in the wrong unit', 'ledger', 'close-day', '/effects/0/delay', on('setTimer', (call) => [{ ...call, delay: call.delay / 1000 }])),
  mutant('a timer under another key', 'teller', 'done', '/effects/1/target', on('setTimer', (call) => [{ ...call, key: 'later' }])),
  mutant('a missing timer', 'teller', 'refused', '/effects/1', on('setTimer', none)),
  mutant('an extra timer', 'auditor', 'start', '/effects/1', on('record', (call) => [call, { op: 'setTimer', key: 'nap', delay: 5, message: { kind: 'nap' } }])),
  mutant('a timer that is not cancelled', 'teller', 'done', '/effects/0', on('cancelTimer', none)),
  mutant('an extra cancel', 'ledger', 'question', '/effects/1', on('send', (call) => [call, { op: 'cancelTimer', key: 'day' }])),
  mutant('an actor that is not spawned', 'auditor', 'copy', '/effects/0', on('spawn', none)),
  mutant('an actor under another name', 'auditor', 'copy', '/effects/0/target', on('spawn', (call) => [{ ...call, actor: { ...call.actor, id: `${call.actor.id}-b` } }])),
  mutant('an actor that is not stopped', 'auditor', 'finished', '/effects/0', on('stop', none)),
  mutant('a missing monitor', 'auditor', 'start', '/effects/0', on('monitor', none)),
  asks('a choice among more', 'teller', 'start', '/choices/0/n', (context) => (kind, n) => context.choose(kind, n + 1)),
  asks('a choice of another kind', 'teller', 'done', '/choices/0/kind', (context) => (kind, n) => context.choose(kind === 'think' ? 'ponder' : kind, n)),
  asks('an extra choice', 'teller', 'tick', '/choices/0/kind', (context) => (kind, n) => {
    if (kind === 'from') context.choose('mood', 3);
    return context.choose(kind, n);
  }),
  asks('choices in another order', 'teller', 'tick', '/choices/1/kind', (context) => (kind, n) => context.choose(kind === 'to' ? 'amount' : kind === 'amount' ? 'to' : kind, n)),
  { name: 'a deposit that overwrites', actor: 'ledger', message: 'deposit', pointer: '/facts/0/data/balance', handlers: replaced('ledger', 'deposit', wrong) },
  { name: 'a total that is not kept', actor: 'teller', message: 'done', pointer: '/facts/0/data/total', handlers: replaced('teller', 'done', forgetful) },
  { name: 'a balance that is not checked', actor: 'ledger', message: 'transfer', pointer: '/facts/0/kind', handlers: replaced('ledger', 'transfer', lenient) },
  { name: 'a map whose order changed', actor: 'ledger', message: 'close-day', pointer: '/facts/0/data/accounts/0', handlers: replaced('ledger', 'close-day', unordered) },
];
