/**
 * Temporal monitors against their meaning, and checkers of histories against brute force (docs/search.md, 34, 38, 39).
 */
import { describe, expect, it } from 'vitest';
import { stream, type Json, type LogRecord, type Sfc32 } from '../../src/index.ts';
import { Checker } from '../../src/property/checker.ts';
import { linearizable, type Operation, type SequentialObject } from '../../src/property/history/linear.ts';
import { versionsGrow, watchersSeePrefix, type WatchFacts } from '../../src/property/history/order.ts';
import { leadsToPer } from '../../src/property/over-facts.ts';
import { evaluate, type Trace } from '../../src/property/reference.ts';
import { monitor, type Condition, type Formula } from '../../src/property/temporal.ts';

const ATOMS = ['a', 'b', 'c'] as const;
const PAIRS = 100_000;

function condition(random: Sfc32, depth = 2): Condition {
  const pick = depth === 0 ? 0 : random.below(5);
  if (pick <= 1) return ATOMS[random.below(ATOMS.length)] as string;
  if (pick === 2) return { not: condition(random, depth - 1) };
  const parts = Array.from({ length: 1 + random.below(2) }, () => condition(random, depth - 1));
  return pick === 3 ? { all: parts } : { any: parts };
}

function formula(random: Sfc32, depth = 2): Formula {
  const within = random.below(2) === 0 ? {} : { within: random.below(12) };
  switch (random.below(depth === 0 ? 4 : 7)) {
    case 0:
      return { kind: 'always', that: condition(random) };
    case 1:
      return { kind: 'eventually', that: condition(random), ...within };
    case 2:
      return { kind: 'until', that: condition(random), end: condition(random), ...within };
    case 3:
      return { kind: 'leads-to', from: condition(random), to: condition(random), ...within };
    case 4:
      return { kind: 'not', formula: formula(random, depth - 1) };
    case 5:
      return { kind: 'all', formulas: Array.from({ length: 1 + random.below(2) }, () => formula(random, depth - 1)) };
    default:
      return { kind: 'any', formulas: Array.from({ length: 1 + random.below(2) }, () => formula(random, depth - 1)) };
  }
}

function trace(random: Sfc32): Trace {
  let time = 0;
  const events = Array.from({ length: random.below(8) }, () => {
    time += random.below(4);
    return { time, atoms: ATOMS.filter(() => random.below(3) === 0) };
  });
  return { events, endTime: time + random.below(6), complete: random.below(2) === 0 };
}

describe('temporal monitors', () => {
  it(`agree with the meaning of formulas on ${PAIRS} random pairs of formula and trace`, () => {
    const verdicts = new Map<string, number>();
    for (let i = 0; i < PAIRS; i++) {
      const random = stream('temporal', `${i}`);
      const [wanted, seen] = [formula(random), trace(random)];
      const watched = monitor(wanted);
      for (const { time, atoms } of seen.events) watched.event(time, (atom) => (atoms as readonly string[]).includes(atom));
      const verdict = watched.end(seen.endTime, seen.complete);
      const expected = evaluate(wanted, seen);
      if (verdict !== expected) expect({ i, wanted, seen, verdict }).toEqual({ i, wanted, seen, verdict: expected });
      verdicts.set(String(verdict), (verdicts.get(String(verdict)) ?? 0) + 1);
    }
    // The comparison is worth something only if every verdict is common.
    for (const verdict of ['true', 'false', 'pending']) expect(verdicts.get(verdict)).toBeGreaterThan(PAIRS / 20);
  });

  it('decide once: no later event changes a verdict of true or false', () => {
    for (let i = 0; i < 5_000; i++) {
      const random = stream('decided', `${i}`);
      const watched = monitor(formula(random));
      let decided: unknown = 'pending';
      for (const { time, atoms } of trace(random).events) {
        const verdict = watched.event(time, (atom) => (atoms as readonly string[]).includes(atom));
        if (decided !== 'pending') expect(verdict).toBe(decided);
        decided = verdict;
      }
    }
  });

  it('cost the same for each event however long the trace is', () => {
    // Work is counted, not timed: how often a condition asks for an atom.
    const asked = (events: number): number => {
      const watched = monitor({ kind: 'leads-to', from: 'a', to: 'b', within: 5 });
      let count = 0;
      for (let i = 0; i < events; i++) watched.event(i, (atom) => (count++, atom === (i % 3 === 2 ? 'b' : 'a')));
      return count / events;
    };
    expect(asked(100_000)).toBeLessThanOrEqual(asked(1_000) * 1.01);
  });
});

function recordOf(seq: number, time: number, facts: readonly { readonly kind: string; readonly data: Json }[]): LogRecord {
  return { seq, time, via: 'message', actor: 'a', kind: 'k', cause: seq - 1, choices: [], facts, digest: 0 };
}

describe('incremental properties', () => {
  it('give the verdict of a look at the whole log: each obligation of leads-to, on random logs', () => {
    const within = 10;
    const key = (data: { readonly key: string }): string => data.key;
    const counts = { held: 0, violated: 0 };
    for (let i = 0; i < 3_000; i++) {
      const random = stream('leads-to', `${i}`);
      let time = 0;
      const records = Array.from({ length: 20 }, (_, seq) => {
        time += random.below(4);
        const kind = ['asked', 'answered', 'answered', 'forgotten'][random.below(4)] as string;
        return recordOf(seq, time, [{ kind, data: { key: `k${random.below(3)}` } }]);
      });
      const checker = new Checker([leadsToPer('answers', { fact: 'asked', key }, { fact: 'answered', key }, within, { fact: 'forgotten', key })]);
      records.forEach((record) => checker.observe(record));
      checker.end(time, true);
      // From scratch: every request looks for what closes it.
      const facts = records.map(({ time: at, facts: [fact] }) => ({ at, kind: fact?.kind, key: (fact as unknown as { data: { key: string } }).data.key }));
      const isKept = facts.every(({ at, kind, key: asked }, from) => {
        if (kind !== 'asked') return true;
        // A request that is open already is the older one's obligation.
        const older = facts.slice(0, from).findLast((fact) => fact.key === asked);
        if (older?.kind === 'asked') return true;
        const closing = facts.slice(from + 1).find((fact) => fact.key === asked && fact.kind !== 'asked');
        return closing !== undefined && closing.at <= at + within;
      });
      expect({ i, isKept: checker.violations.length === 0 }).toEqual({ i, isKept });
      counts[isKept ? 'held' : 'violated']++;
    }
    expect(Math.min(counts.held, counts.violated)).toBeGreaterThan(100);
  });

  it('find a lost, a repeated and a reordered change of a watch, and nothing in a sound one', () => {
    const facts: WatchFacts = {
      facts: ['committed', 'opened', 'delivered', 'closed'],
      committed: ({ kind, data }) => (kind === 'committed' ? (data as unknown as { version: number; key: string }) : undefined),
      opened: ({ kind, data }) => (kind === 'opened' ? (data as unknown as { watch: string; version: number }) : undefined),
      delivered: ({ kind, data }) => (kind === 'delivered' ? (data as unknown as { watch: string; version: number; key: string }) : undefined),
      closed: ({ kind, data }) => (kind === 'closed' ? (data as unknown as { watch: string }) : undefined),
    };
    const counts = { none: 0, planted: 0 };
    for (let i = 0; i < 3_000; i++) {
      const random = stream('watch', `${i}`);
      const history = Array.from({ length: 6 + random.below(10) }, (_, version) => ({ version: version + 1, key: `k${random.below(3)}` }));
      // A list has everything up to `from`; the watch delivers the rest, with or without a planted mistake.
      const from = random.below(history.length - 3);
      let delivered = history.slice(from);
      const mistake = random.below(4);
      const at = random.below(delivered.length - 2);
      if (mistake === 1) delivered = delivered.toSpliced(at, 1);
      if (mistake === 2) delivered = delivered.toSpliced(at, 0, delivered[at] as (typeof history)[0]);
      if (mistake === 3) delivered = delivered.with(at, delivered[at + 1] as (typeof history)[0]).with(at + 1, delivered[at] as (typeof history)[0]);
      const checker = new Checker([versionsGrow('versions grow', facts), watchersSeePrefix('no change is lost', facts)]);
      let seq = 0;
      const observe = (kind: string, data: Json): void => checker.observe(recordOf(seq++, seq, [{ kind, data }]));
      history.forEach((change) => observe('committed', change));
      observe('opened', { watch: 'w', version: from });
      delivered.forEach((change) => observe('delivered', { watch: 'w', ...change }));
      expect({ i, violated: checker.violations.map(({ property }) => property) }).toEqual({ i, violated: mistake === 0 ? [] : ['no change is lost'] });
      counts[mistake === 0 ? 'none' : 'planted']++;
    }
    expect(Math.min(counts.none, counts.planted)).toBeGreaterThan(500);
  });
});

type Input = { readonly write: number } | 'read';
const REGISTER: SequentialObject<number, Input, number> = {
  initial: () => 0,
  apply: (state, input, output) => (input === 'read' ? (output === undefined || output === state ? [state] : []) : [input.write]),
  encode: String,
  describe: ({ client, input, output }) => (input === 'read' ? `${client} read ${output}` : `${client} wrote ${input.write}`),
};

/** All orders of the operations, each looked at in full. */
function byBruteForce(operations: readonly Operation<Input, number>[]): boolean {
  const search = (state: number, left: readonly Operation<Input, number>[]): boolean => {
    if (left.length === 0) return true;
    return left.some((operation, i) => {
      if (left.some((other) => other.returned < operation.called)) return false;
      return REGISTER.apply(state, operation.input, operation.output).some((next) => search(next, left.toSpliced(i, 1)));
    });
  };
  return search(0, operations);
}

function history(random: Sfc32, length: number): readonly Operation<Input, number>[] {
  return Array.from({ length }, (_, i) => {
    const called = random.below(12);
    const isRead = random.below(2) === 0;
    return {
      key: 'x', client: `c${i}`, called, returned: called + 1 + random.below(6),
      input: isRead ? 'read' : { write: 1 + random.below(2) },
      output: isRead ? random.below(3) : 0,
    };
  });
}

describe('linearizability', () => {
  it('is decided as by brute force on 5,000 small histories', () => {
    const counts = { yes: 0, no: 0 };
    for (let i = 0; i < 5_000; i++) {
      const operations = history(stream('linear', `${i}`), 5);
      const expected = byBruteForce(operations);
      expect({ i, is: linearizable(operations, REGISTER).kind === 'linearizable' }).toEqual({ i, is: expected });
      counts[expected ? 'yes' : 'no']++;
    }
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(500);
  });

  it('explains a planted stale read by the two or three operations that contradict each other', () => {
    for (let i = 0; i < 50; i++) {
      const random = stream('stale', `${i}`);
      // A sound run of one client after another, then a read that returns what was overwritten.
      const operations: Operation<Input, number>[] = [];
      let value = 0;
      for (let at = 0; at < 30; at++) {
        const isRead = random.below(2) === 0;
        if (!isRead) value = at + 1;
        operations.push({ key: 'x', client: `c${at % 3}`, called: at * 2, returned: at * 2 + 1, input: isRead ? 'read' : { write: value }, output: isRead ? value : 0 });
      }
      operations.push({ key: 'x', client: 'late', called: 60, returned: 61, input: { write: 100 }, output: 0 });
      operations.push({ key: 'x', client: 'stale', called: 62, returned: 63, input: 'read', output: value });
      const verdict = linearizable(operations, REGISTER);
      expect(verdict.kind).toBe('violated');
      if (verdict.kind !== 'violated') return;
      expect(verdict.minimal.length).toBeLessThanOrEqual(3);
      expect(verdict.explanation).toMatch(new RegExp(`no order of these operations explains their results: .*stale read ${value}`));
    }
  });
});
