/**
 * A small bank, as a model to test the log, replay and debugging on: tellers transfer money between accounts of a ledger,
 * an auditor follows and sends inspectors. It uses everything that the engine offers: choices, timers and their cancelling, facts,
 * spawning, stopping, monitoring, inputs, crashes, durable state.
 */
import {
  Kernel,
  PlainNetwork,
  type ActorSpec,
  type Context,
  type Json,
  type KernelOptions,
  type Message,
} from '../../../src/index.ts';
import { makeHeader, type LogHeader } from '../../../src/log/header.ts';
import type { Level } from '../../../src/log/record.ts';

export type Handler = (state: State, message: Note, context: Context) => void;
/** Handlers by actor type and message kind; `start` is one of them. */
export type Handlers = { readonly [type: string]: { readonly [kind: string]: Handler } };

/** All messages are of this shape. */
export interface Note extends Message {
  readonly [field: string]: Json;
  readonly kind: string;
}

/** The states of all actors share a shape; each uses its part. */
export interface State {
  readonly accounts: Map<string, number>;
  count: number;
  total: number;
  pending: Note | undefined;
}

const ACCOUNTS: readonly string[] = ['ann', 'bob', 'cyd', 'dee'];

const ledger: { readonly [kind: string]: Handler } = {
  start: (state, _message, context) => {
    if (state.accounts.size === 0) for (const name of ACCOUNTS) state.accounts.set(name, 100);
    context.setTimer('day', 1_000_000, { kind: 'close-day' });
    context.record('opened', { accounts: Object.fromEntries(state.accounts), bank: 'toy' });
  },
  transfer: (state, message, context) => {
    const { from, to, amount, id } = message as unknown as { from: string; to: string; amount: number; id: string };
    const balance = state.accounts.get(from) ?? 0;
    if (balance < amount) {
      context.record('refused', { id, short: amount - balance });
      context.send(context.from ?? 'auditor', { kind: 'refused', id } as Message);
      return;
    }
    state.accounts.set(from, balance - amount);
    state.accounts.set(to, (state.accounts.get(to) ?? 0) + amount);
    state.count++;
    context.record('entry', { amount, balances: [state.accounts.get(from) ?? 0, state.accounts.get(to) ?? 0], id });
    context.record('count', { count: state.count });
    context.send(context.from ?? 'auditor', { kind: 'done', id, amount } as Message);
    context.send('auditor', { kind: 'copy', id, amount } as Message);
  },
  deposit: (state, message, context) => {
    const { account, amount } = message as unknown as { account: string; amount: number };
    state.accounts.set(account, (state.accounts.get(account) ?? 0) + amount);
    context.record('deposit', { account, balance: state.accounts.get(account) ?? 0 });
  },
  'close-day': (state, _message, context) => {
    context.record('day', { accounts: [...state.accounts.keys()], entries: state.count });
    context.setTimer('day', 1_000_000, { kind: 'close-day' });
  },
  question: (state, _message, context) => {
    context.send(context.from ?? 'auditor', { kind: 'answer', entries: state.count } as Message);
  },
};

const teller: { readonly [kind: string]: Handler } = {
  start: (_state, _message, context) => {
    context.setTimer('next', 10_000 + context.choose('think', 1000), { kind: 'tick' });
  },
  tick: (state, _message, context) => {
    const from = context.choose('from', ACCOUNTS.length);
    const to = context.choose('to', ACCOUNTS.length - 1);
    const amount = 1 + context.choose('amount', 60);
    const transfer = {
      kind: 'transfer',
      from: ACCOUNTS[from] as string,
      to: ACCOUNTS[to >= from ? to + 1 : to] as string,
      amount,
      id: `${context.self}-${state.count++}`,
    };
    state.pending = transfer;
    context.send('ledger', transfer);
    context.setTimer('patience', 30_000, { kind: 'impatient' });
  },
  impatient: (state, _message, context) => {
    context.record('impatient', { id: state.pending?.['id'] ?? null });
    if (state.pending !== undefined) context.send('ledger', state.pending);
  },
  done: (state, message, context) => {
    state.total += message['amount'] as number;
    state.pending = undefined;
    context.cancelTimer('patience');
    context.record('served', { id: message['id'] as string, total: state.total });
    context.setTimer('next', 10_000 + context.choose('think', 1000), { kind: 'tick' });
  },
  refused: (state, message, context) => {
    state.pending = undefined;
    context.cancelTimer('patience');
    context.record('apologised', { id: message['id'] as string });
    context.setTimer('next', 20_000, { kind: 'tick' });
  },
};

const auditor: { readonly [kind: string]: Handler } = {
  start: (_state, _message, context) => {
    context.monitor('ledger');
    context.record('watching', { what: 'ledger' });
  },
  copy: (state, message, context) => {
    state.count++;
    state.total += message['amount'] as number;
    context.record('seen', { id: message['id'] as string, total: state.total });
    if (state.count % 5 === 0) context.spawn(actor(`inspector/${state.count / 5}`, 'inspector', HANDLERS));
  },
  finished: (_state, message, context) => {
    context.record('dismissed', { id: message['id'] as string });
    context.stop(message['id'] as string);
  },
  down: (_state, _message, context) => context.record('alarm', { ledger: 'down' }),
  up: (_state, _message, context) => context.record('alarm', { ledger: 'up' }),
};

const inspector: { readonly [kind: string]: Handler } = {
  start: (_state, _message, context) => context.send('ledger', { kind: 'question' }),
  answer: (_state, message, context) => {
    context.record('report', { entries: message['entries'] as number });
    context.send('auditor', { kind: 'finished', id: context.self } as Message);
  },
};

/** The bank as it should be. */
export const HANDLERS: Handlers = { ledger, teller, auditor, inspector };

/** An actor of the bank with these handlers. */
export function actor(id: string, type: string, handlers: Handlers): ActorSpec {
  const own = handlers[type] ?? {};
  // The auditor spawns inspectors; those must be of the same make as the auditor.
  const remade = (context: Context): Context => {
    if (type !== 'auditor') return context;
    return Object.assign(Object.create(context) as Context, {
      spawn: (spec: ActorSpec) => context.spawn(actor(spec.id, spec.type, handlers)),
    });
  };
  return {
    id,
    type,
    behavior: {
      start: (context: Context, durable?: unknown) => {
        const state: State = { accounts: new Map((durable as [string, number][] | undefined) ?? []), count: 0, total: 0, pending: undefined };
        own['start']?.(state, { kind: 'start' }, remade(context));
        return state;
      },
      step: (state: State, message: Note, context: Context) => own[message.kind]?.(state, message, remade(context)),
      durable: (state: State) => [...state.accounts],
    },
  };
}

/** A bank that is ready to run. `config.tellers` says how many there are. */
export function buildBank(header: LogHeader, options: KernelOptions, handlers: Handlers = HANDLERS): Kernel {
  const kernel = new Kernel({ ...options, network: new PlainNetwork({ default: { min: 100, max: 2000 } }) });
  kernel.spawn(actor('ledger', 'ledger', handlers));
  kernel.spawn(actor('auditor', 'auditor', handlers));
  const { tellers } = header.config as { tellers: number };
  for (let i = 1; i <= tellers; i++) kernel.spawn(actor(`teller/${i}`, 'teller', handlers));
  for (const fault of (header.plan as { at: number; actor: string; kind: 'crash' | 'restart' }[] | null) ?? []) {
    kernel.control({ kind: fault.kind, actor: fault.actor }, fault.at);
  }
  return kernel;
}

/** The header of a bank's run. */
export function bankHeader(options: { readonly seed?: string; readonly level?: Level; readonly tellers?: number; readonly plan?: Json } = {}): LogHeader {
  return makeHeader({
    model: { name: 'bank', fingerprint: '1' },
    config: { tellers: options.tellers ?? 2 },
    seed: options.seed ?? '1',
    plan: options.plan ?? [
      { at: 400_000, actor: 'ledger', kind: 'crash' },
      { at: 460_000, actor: 'ledger', kind: 'restart' },
    ],
    level: options.level ?? 'facts',
  });
}
