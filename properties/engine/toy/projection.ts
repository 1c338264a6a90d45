/**
 * What the toy bank's facts say about its state, for travelling; and how its accounts are written, for blame.
 */
import type { Json } from '../../../src/index.ts';
import type { LogRecord } from '../../../src/log/record.ts';
import type { ObjectWrites } from '../../../src/explain/blame.ts';
import type { Projection } from '../../../src/replay/projection.ts';

export interface BankView {
  readonly served: Map<string, number>;
  entries: number;
  records: number;
}

/** Follows what tellers served and how many entries the ledger made. */
export const BANK_VIEW: Projection<BankView> = {
  name: 'bank/1',
  facts: ['served', 'count', 'seen'],
  init: () => ({ served: new Map(), entries: 0, records: 0 }),
  apply: (state, record) => {
    for (const { kind, data } of record.facts) {
      const fact = data as { readonly [key: string]: Json };
      if (kind === 'served') state.served.set(record.actor, fact['total'] as number);
      else if (kind === 'count') state.entries = fact['count'] as number;
      else if (kind === 'seen') state.records++;
    }
  },
  clone: (state) => ({ ...state, served: new Map(state.served) }),
  encode: (state) => ({ entries: state.entries, records: state.records, served: [...state.served] }),
  decode: (encoded) => {
    const { entries, records, served } = encoded as unknown as { entries: number; records: number; served: [string, number][] };
    return { entries, records, served: new Map(served) };
  },
};

/** A log of objects written at random, for blame: facts `write {object, value}` (whole) and `touch {object, patch}`. */
export const OBJECT_WRITES: ObjectWrites = {
  needle: (object) => `"object":"${object}"`,
  isWhole: (object, record) => record.facts.some((fact) => fact.kind !== 'touch' && about(fact.data) === object),
  apply: (object, before, record) => {
    let value = before;
    for (const { kind, data } of record.facts) {
      if (about(data) !== object) continue;
      const fact = data as { readonly [key: string]: Json };
      if (kind === 'write') value = fact['value'] as Json;
      else if (kind === 'erase') value = undefined;
      else value = { ...(value as object), ...(fact['patch'] as object) } as Json;
    }
    return value;
  },
};

function about(data: Json): string {
  return (data as { object?: string }).object ?? '';
}

/** The fields of the objects of a state, brute force: every value at every pointer. */
export function pointersOf(value: Json | undefined, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null) return [pointer];
  return [pointer, ...Object.entries(value).flatMap(([key, member]) => pointersOf(member as Json, `${pointer}/${key}`))];
}

/** A record with these facts. */
export function factRecord(seq: number, facts: LogRecord['facts'], cause = seq - 1): LogRecord {
  return { seq, time: seq * 10, via: 'message', actor: `actor/${seq % 3}`, kind: 'do', cause, choices: [], facts, digest: 0 };
}
