import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/log/canonical.ts';
import { LogReader } from '../../src/log/reader.ts';
import type { Fact, Json } from '../../src/log/record.ts';
import { at, blame } from '../../src/explain/blame.ts';
import { chromeTrace, ndjson } from '../../src/explain/trace-export.ts';
import { diffLogs } from '../../src/explain/diff.ts';
import { diagramSteps, mermaid, svg } from '../../src/explain/diagram.ts';
import { pointOfNoReturn } from '../../src/explain/inevitable.ts';
import { ancestors, plainly, tellWhy, why } from '../../src/explain/why.ts';
import { isSame } from '../../src/replay/compare.ts';
import { childHeader, fork } from '../../src/replay/fork.ts';
import { fold } from '../../src/replay/projection.ts';
import { replay, type BuildRun } from '../../src/replay/replay.ts';
import { Seeker } from '../../src/replay/seek.ts';
import { snapshotting } from '../../src/replay/snapshot.ts';
import { Cursor } from '../../src/replay/travel.ts';
import { bankHeader, buildBank, HANDLERS } from './toy/bank.ts';
import { BANK_VIEW, factRecord, OBJECT_WRITES, pointersOf, type BankView } from './toy/projection.ts';
import { driveBank, memoryLog, recordRun } from './toy/record.ts';

const build: BuildRun = (header, options) => buildBank(header, options);
const log = recordRun(bankHeader({ tellers: 3 }), build, driveBank);
const states: string[] = [];
{
  const state = BANK_VIEW.init();
  for (const record of log.records()) {
    states.push(canonical(BANK_VIEW.encode(state)));
    BANK_VIEW.apply(state, record);
  }
  states.push(canonical(BANK_VIEW.encode(state)));
}
const shown = (state: BankView): string => canonical(BANK_VIEW.encode(state));

describe('seeking', () => {
  it('finds the state of a plain fold at every position, with and without snapshots', () => {
    const snapped = memoryLog(log.header, { blockRecords: 64 });
    const sink = snapshotting(snapped.writer, BANK_VIEW, 100);
    for (const record of log.records()) sink(record);
    snapped.writer.close();
    const reader = snapped.read();
    expect(reader.snapshots.length).toBeGreaterThan(1);
    expect(reader.hash).toBe(log.hash);
    for (const seeker of [new Seeker(log, BANK_VIEW, { kept: 3, stride: 50 }), new Seeker(reader, BANK_VIEW, { kept: 3, stride: 50 })]) {
      fc.assert(
        fc.property(fc.nat(log.length), (position) => {
          expect(shown(seeker.at(position))).toBe(states[position]);
          expect(seeker.retained).toBeLessThanOrEqual(3);
        }),
        { numRuns: 300 },
      );
    }
  });

  it('hands out states that nobody else changes', () => {
    const seeker = new Seeker(log, BANK_VIEW, { stride: 10 });
    const state = seeker.at(log.length);
    state.served.clear();
    expect(shown(seeker.at(log.length))).toBe(states[log.length]);
  });
});

describe('travel', () => {
  it('ends, after any commands, in the state of a plain fold', () => {
    const command = fc.oneof(
      fc.record({ do: fc.constant('step' as const), n: fc.nat(40) }),
      fc.record({ do: fc.constant('back' as const), n: fc.nat(40) }),
      fc.record({ do: fc.constant('seek' as const), n: fc.nat(log.length) }),
      fc.record({ do: fc.constantFrom('continue' as const, 'reverse' as const, 'watch' as const, 'watchBack' as const), n: fc.nat(3) }),
    );
    const kinds = ['transfer', 'done', 'close-day', 'nothing'];
    fc.assert(
      fc.property(fc.array(command, { maxLength: 12 }), (commands) => {
        const cursor = new Cursor(new Seeker(log, BANK_VIEW, { kept: 4, stride: 64 }));
        const watch = (state: BankView): Json => state.entries;
        for (const { do: what, n } of commands) {
          if (what === 'step') for (let i = 0; i < n; i++) cursor.step();
          else if (what === 'back') for (let i = 0; i < n; i++) cursor.stepBack();
          else if (what === 'seek') cursor.seek(n);
          else if (what === 'continue') cursor.continue({ kind: kinds[n] as string });
          else if (what === 'reverse') cursor.reverseContinue({ kind: kinds[n] as string });
          else if (what === 'watch') cursor.continue({ watch });
          else cursor.reverseContinue({ watch });
          expect(shown(cursor.state)).toBe(states[cursor.position]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('stops just after what was asked for, forward and backward', () => {
    const all = [...log.records()];
    const seeker = new Seeker(log, BANK_VIEW);
    const cursor = new Cursor(seeker);
    const served = all.filter((record) => record.facts.some((fact) => fact.kind === 'served')).map((record) => record.seq);
    for (const seq of served) expect(cursor.continue({ fact: 'served' })?.seq).toBe(seq);
    expect(cursor.position).toBe((served[served.length - 1] as number) + 1);
    for (const seq of served.slice(0, -1).reverse()) expect(cursor.reverseContinue({ fact: 'served' })?.seq).toBe(seq);
    cursor.seek(0);
    expect(cursor.continue({ actor: 'teller/*', kind: 'done' })?.actor).toMatch(/^teller/);
    expect(cursor.runUntil((state) => state.entries >= 5)).toBeDefined();
    expect(cursor.state.entries).toBe(5);
    cursor.seekTime(500_000);
    expect(log.at(cursor.position).time).toBeGreaterThan(500_000);
    expect(log.at(cursor.position - 1).time).toBeLessThanOrEqual(500_000);
  });
});

describe('forks', () => {
  it('reproduce the suffix hash for hash when nothing is changed, and name their parent', () => {
    for (const position of [0, 1, 50, 128, log.length - 1]) {
      for (const choicesFrom of ['log', 'streams'] as const) {
        const child = memoryLog(childHeader(log, { at: position }), { blockRecords: 64 });
        const forked = fork(log, build, { at: position, choicesFrom, sink: (record) => child.writer.append(record) });
        if (forked.kind !== 'fork') throw new Error('the fork diverged');
        forked.run.run({ until: 1_600_000 });
        child.writer.close();
        const reader = child.read();
        expect(reader.hash).toBe(log.hash);
        expect(reader.header.parent).toEqual({ hash: log.hashBefore(position), seq: position });
      }
    }
  });

  it('differ only from their position on, go on deterministically, and replay', () => {
    const run = (): LogReader => {
      const options = { at: 120, seed: 'another' };
      const child = memoryLog(childHeader(log, options), { blockRecords: 64 });
      const forked = fork(log, build, { ...options, sink: (record) => child.writer.append(record) });
      if (forked.kind !== 'fork') throw new Error('the fork diverged');
      forked.run.run({ until: 1_600_000 });
      child.writer.close();
      return child.read();
    };
    const child = run();
    expect(child.hashBefore(120)).toBe(log.hashBefore(120));
    expect(child.hash).not.toBe(log.hash);
    expect(run().hash).toBe(child.hash);
    expect(replay(child, build).kind).toBe('same');
  });

  it('with one choice changed differ first in that choice, and diff says so', () => {
    const all = [...log.records()];
    const candidates = all.filter((record) => record.choices.length > 0 && record.seq > 20).slice(0, 60);
    fc.assert(
      fc.property(fc.constantFrom(...candidates), fc.nat(5), (record, which) => {
        const index = which % record.choices.length;
        const choice = record.choices[index] as { n: number; value: number };
        const other = (choice.value + 1) % choice.n;
        const child = memoryLog(log.header, { blockRecords: 64 });
        const forked = fork(log, build, {
          at: record.seq,
          choices: new Map([[`${record.seq}.${index}`, other]]),
          sink: (made) => child.writer.append(made),
        });
        if (forked.kind !== 'fork') throw new Error('the fork diverged');
        forked.run.run({ until: 1_600_000 });
        child.writer.close();
        const diff = diffLogs(log, child.read(), BANK_VIEW);
        expect(diff.choice).toMatchObject({ seq: record.seq, index, left: { value: choice.value }, right: { value: other } });
        expect(diff.record?.seq).toBe(record.seq);
      }),
      { numRuns: 25 },
    );
  });

  it('without the fault of the plan do not show what it did', () => {
    const crash = [...log.records()].find((record) => record.via === 'control' && record.actor === 'ledger');
    const alarms: number[] = [];
    const forked = fork(log, build, {
      at: (crash?.seq ?? 0) - 5,
      plan: [],
      sink: (record) => void (record.facts.some((fact) => fact.kind === 'alarm') && alarms.push(record.seq)),
    });
    if (forked.kind !== 'fork') throw new Error('the fork diverged');
    forked.run.run({ until: 1_600_000 });
    expect(alarms).toEqual([]);
    const early = fork(log, build, { at: log.length, plan: [] });
    expect(early.kind === 'divergence' && early.divergence.seq).toBe(crash?.seq);
  });

  it('leave out or replace later inputs', () => {
    const deposits = (inputs: 'drop' | 'keep' | 'double'): Json[] => {
      const seen: Json[] = [];
      const forked = fork(log, build, {
        at: 30,
        inputs: inputs === 'double' ? (record) => ({ ...(record.message as object), amount: 1000 }) as never : inputs,
        sink: (record) => void (record.kind === 'deposit' && seen.push((record.message as { amount: number }).amount)),
      });
      if (forked.kind !== 'fork') throw new Error('the fork diverged');
      forked.run.run({ until: 400_000 });
      return seen;
    };
    expect([deposits('keep'), deposits('drop'), deposits('double')]).toEqual([[50, 20], [], [1000, 1000]]);
  });
});

describe('why', () => {
  it('equals reachability on random graphs of causes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.array(fc.nat(1000), { maxLength: 3 })), { minLength: 1, maxLength: 60 }), (nodes) => {
        const made = memoryLog(log.header, { blockRecords: 8 });
        const links = nodes.map(([, more], seq) => (seq === 0 ? [] : more.map((n) => n % seq)));
        nodes.forEach(([cause], seq) => made.writer.append(factRecord(seq, [], seq === 0 || cause % 5 === 0 ? -1 : cause % seq)));
        made.writer.close();
        const reader = made.read();
        const last = nodes.length - 1;
        const phrasebook = { say: () => undefined, links: (record: { seq: number }) => (links[record.seq] as number[]).map((seq) => ({ seq, because: 'it says so' })) };
        const reached = new Set<number>();
        const visit = (seq: number): void => {
          for (const next of [reader.at(seq).cause, ...(links[seq] as number[])]) {
            if (next < 0 || reached.has(next)) continue;
            reached.add(next);
            visit(next);
          }
        };
        visit(last);
        expect(ancestors(reader, last, { phrasebook })).toEqual([...reached].sort((x, y) => y - x));
      }),
      { numRuns: 100 },
    );
  });

  it('leads to a root and says it in words', () => {
    const report = [...log.records()].find((record) => record.facts.some((fact) => fact.kind === 'report'));
    const path = why(log, report?.seq ?? 0);
    const root = path[path.length - 1]?.record;
    expect(root?.cause).toBe(-1);
    for (let i = 0; i + 1 < path.length; i++) expect(path[i]?.record.cause).toBe(path[i + 1]?.record.seq);
    const told = tellWhy(log, path, { say: plainly });
    expect(told[0]).toContain('inspector/1 received answer from ledger');
    expect(told[1]).toContain('because ledger received question from inspector/1');
    expect(told[told.length - 1]).toContain('how the run began');
  });

  it('reaches the fault', () => {
    const alarm = [...log.records()].find((record) => record.facts.some((fact) => fact.kind === 'alarm'));
    const path = why(log, alarm?.seq ?? 0);
    expect(path.map((reason) => `${reason.record.via} ${reason.record.kind}`)).toContain('control crash');
  });
});

describe('blame', () => {
  it('equals a brute-force scan for every field of every object', () => {
    const value = fc.record({ a: fc.nat(2), b: fc.record({ c: fc.nat(2) }) });
    const fact: fc.Arbitrary<Fact> = fc.oneof(
      fc.record({ kind: fc.constant('write'), data: fc.record({ object: fc.constantFrom('x', 'y'), value }) }),
      fc.record({ kind: fc.constant('touch'), data: fc.record({ object: fc.constantFrom('x', 'y'), patch: fc.oneof(fc.record({ a: fc.nat(2) }), fc.record({ d: fc.nat(1) })) }) }),
      fc.record({ kind: fc.constant('erase'), data: fc.record({ object: fc.constantFrom('x', 'y') }) }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(fact, { maxLength: 2 }), { minLength: 1, maxLength: 40 }), (facts) => {
        const made = memoryLog(log.header, { blockRecords: 7 });
        facts.forEach((each, seq) => made.writer.append(factRecord(seq, each)));
        made.writer.close();
        const reader = made.read();
        for (const object of ['x', 'y']) {
          const history: (Json | undefined)[] = [undefined];
          for (const record of reader.records()) history.push(OBJECT_WRITES.apply(object, history[history.length - 1], record));
          for (const pointer of new Set(history.flatMap((each) => pointersOf(each)))) {
            let last: number | undefined;
            for (let i = 1; i < history.length; i++) if (!isSame(at(history[i - 1], pointer), at(history[i], pointer))) last = i - 1;
            expect(blame(reader, OBJECT_WRITES, object, pointer)?.record.seq).toBe(last);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('the point of no return', () => {
  /** The bank fails when teller/1's first transfer is large, and shows it only at the end of the day. */
  const fails = (record: { facts: readonly Fact[]; actor: string; kind: string }, seen: { first: number | undefined }): void => {
    if (record.actor !== 'ledger' || record.kind !== 'transfer' || seen.first !== undefined) return;
    seen.first = record.facts.some((fact) => fact.kind === 'entry' && ((fact.data as { amount: number }).amount) > 50) ? 1 : 0;
  };

  it('lies around the choice that decided, for 50 seeds in less than a minute', () => {
    const started = process.cpuUsage();
    let contained = 0;
    let failing = 0;
    for (let seed = 0; failing < 50; seed++) {
      const seen = { first: undefined as number | undefined };
      const run = recordRun(bankHeader({ seed: `decide-${seed}`, tellers: 1, plan: [] }), build, (kernel) => {
        kernel.committed$.subscribe((record) => fails(record, seen));
        kernel.run({ until: 60_000 });
      });
      if (seen.first !== 1) continue;
      failing++;
      const decided = [...run.records()].find((record) => record.kind === 'tick')?.seq as number;
      const point = pointOfNoReturn(run, build, {
        seed: String(seed),
        fails: (forked, kernel) => {
          const again = { first: undefined as number | undefined };
          for (const record of run.records(0, kernel.seq)) fails(record, again);
          kernel.committed$.subscribe((record) => fails(record, again));
          forked.run({ until: 60_000 });
          return again.first === 1;
        },
      });
      if (point.from <= decided && decided < point.to) contained++;
    }
    expect(contained).toBeGreaterThanOrEqual(48);
    expect(process.cpuUsage(started).user / 1_000_000).toBeLessThan(60);
  }, 300_000);
});

describe('exports', () => {
  it('draw only what the log has', () => {
    const { steps } = diagramSteps(log, { to: 60 });
    const text = mermaid(log, { to: 60 });
    const arrows = text.split('\n').filter((line) => line.includes('->>'));
    expect(arrows.length).toBe(steps.filter((step) => step.from !== undefined).length);
    for (const step of steps) {
      const record = log.at(step.record.seq);
      expect([record.actor, step.from ?? null]).toEqual([step.to, record.via === 'message' && record.from !== record.actor ? record.from : null]);
      if (step.from !== undefined) expect(log.at(record.cause).actor).toBe(step.from);
    }
    expect(mermaid(log, { to: 9 })).toMatchSnapshot();
    const drawn = svg(log, { to: 60 });
    expect(drawn.match(/marker-end/g)?.length).toBe(arrows.length);
    expect(svg(log, { most: 3 })).toContain('more records are not drawn');
  });

  it('make a trace whose arrows are causes, and NDJSON that is the log', () => {
    const trace = JSON.parse([...chromeTrace(log)].join('')) as { traceEvents: { ph: string; id?: number; ts: number; args?: { seq?: number } }[] };
    const slices = trace.traceEvents.filter((event) => event.ph === 'X');
    expect(slices.map((event) => event.args?.seq)).toEqual([...log.records()].map((record) => record.seq));
    for (const event of trace.traceEvents.filter((each) => each.ph === 's')) {
      const record = log.at(event.id as number);
      expect(event.ts).toBe(log.at(record.cause).time);
    }
    const lines = [...ndjson(log)].map((line) => JSON.parse(line) as object);
    expect(lines.slice(1)).toEqual([...log.records()].map((record) => JSON.parse(JSON.stringify(record)) as object));
  });
});

it('folding the facts of a log twice gives the same', () => {
  const state = BANK_VIEW.init();
  fold(log, BANK_VIEW, state, 0, log.length);
  expect(shown(state)).toBe(states[log.length]);
  expect(Object.keys(HANDLERS)).toContain('ledger');
});
