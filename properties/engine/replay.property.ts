import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Kernel } from '../../src/index.ts';
import type { Level } from '../../src/log/record.ts';
import { ReplayChooser, UnansweredChoice } from '../../src/replay/chooser.ts';
import { replayAlone } from '../../src/replay/alone.ts';
import { describeDivergence } from '../../src/replay/divergence.ts';
import { replay, type BuildRun } from '../../src/replay/replay.ts';
import { MUTANTS } from '../mutants/replay/mutants.ts';
import { bankHeader, buildBank } from './toy/bank.ts';
import { driveBank, recordRun } from './toy/record.ts';

const build: BuildRun = (header, options) => buildBank(header, options);

describe('replay', () => {
  it.each<Level>(['inputs', 'facts', 'full'])('finds a run equal to its log, with inputs, faults and spawned actors (level %s)', (level) => {
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (seed, tellers) => {
        const log = recordRun(bankHeader({ seed, tellers, level }), build, driveBank);
        expect(log.length).toBeGreaterThan(100);
        expect(replay(log, build, { strict: true })).toEqual({ kind: 'same', records: log.length, hash: log.hash });
      }),
      { numRuns: 12 },
    );
  });

  it('has the same hash at every level', () => {
    const hashes = (['inputs', 'facts', 'full'] as Level[]).map((level) => recordRun(bankHeader({ level }), build, driveBank).hash);
    expect(new Set(hashes).size).toBe(1);
    expect(recordRun(bankHeader({ seed: '2' }), build, driveBank).hash).not.toBe(hashes[0]);
  });

  it('makes no choice of its own', () => {
    const log = recordRun(bankHeader(), build, driveBank);
    const chooser = new ReplayChooser(log, { strict: true });
    for (let i = 0; i < 5; i++) chooser.advance(i);
    chooser.advance(log.length);
    expect(() => chooser.choose('teller/1', 'think', 1000)).toThrow(UnansweredChoice);
  });

  it('replays any prefix', () => {
    const log = recordRun(bankHeader(), build, driveBank);
    for (const to of [0, 1, 17, 64, 65, log.length - 1]) {
      expect(replay(log, build, { to })).toEqual({ kind: 'same', records: to, hash: log.hashBefore(to) });
    }
  });

  it('replays every actor alone, and names the first step of one that is another', () => {
    const log = recordRun(bankHeader({ level: 'full' }), build, driveBank);
    const actors = [...new Set([...log.records()].filter(({ cause, via }) => via === 'start' && cause < 0).map(({ actor }) => actor))];
    expect(actors.length).toBeGreaterThan(2);
    for (const [, result] of replayAlone(log, build, actors)) expect(result.kind).toBe('same');
    for (const mutant of MUTANTS) {
      const own = actors.filter((actor) => actor.split('/')[0] === mutant.actor);
      const found = [...replayAlone(log, (header, options) => buildBank(header, options, mutant.handlers), own).values()].filter(({ kind }) => kind === 'divergence');
      if (own.length > 0) expect(`${mutant.name}: ${found.length > 0 ? 'noticed' : 'missed'}`).toBe(`${mutant.name}: noticed`);
    }
  });

  it('plants at least 30 different bugs', () => {
    expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
  });

  const log = recordRun(bankHeader({ level: 'full' }), build, driveBank);
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('names the actor, the message and the field of %s', (_name, mutant) => {
    const result = replay(log, (header, options) => buildBank(header, options, mutant.handlers));
    if (result.kind === 'same') throw new Error('the mutant was not noticed');
    const { divergence } = result;
    expect({ actor: divergence.actor.split('/')[0], message: divergence.kind, pointer: divergence.pointer }).toEqual({
      actor: mutant.actor,
      message: mutant.message,
      pointer: mutant.pointer,
    });
    expect(divergence.lastCommon?.seq ?? -1).toBe(divergence.seq - 1);
    expect(describeDivergence(divergence)).toContain(`#${divergence.seq}`);
  });

  const facts = recordRun(bankHeader({ level: 'facts' }), build, driveBank);
  it('finds an extra or a missing effect at the step that made it, also where only digests are logged', () => {
    for (const name of ['an extra send', 'a missing send', 'swapped sends', 'a timer off by one', 'an actor that is not stopped']) {
      const mutant = MUTANTS.find((each) => each.name === name);
      const mutated: BuildRun = (header, options) => buildBank(header, options, mutant?.handlers);
      const full = replay(log, mutated);
      const digest = replay(facts, mutated);
      if (full.kind === 'same' || digest.kind === 'same') throw new Error('the mutant was not noticed');
      expect(digest.divergence.seq).toBe(full.divergence.seq);
      expect(digest.divergence.pointer).toBe('/digest');
      expect(digest.divergence.effects?.executed).toEqual(full.divergence.executed?.effects);
    }
  });

  it('notices every bug at level inputs too, unless it never shows', () => {
    const inputs = recordRun(bankHeader({ level: 'inputs' }), build, driveBank);
    for (const mutant of MUTANTS) {
      const mutated: BuildRun = (header, options) => buildBank(header, options, mutant.handlers);
      const precise = replay(facts, mutated);
      const coarse = replay(inputs, mutated);
      expect(coarse.kind, mutant.name).toBe(precise.kind);
      if (precise.kind === 'same' || coarse.kind === 'same') continue;
      expect(coarse.divergence.seq, mutant.name).toBeGreaterThanOrEqual(precise.divergence.seq);
      expect(coarse.divergence.seq, mutant.name).toBeLessThanOrEqual(precise.divergence.seq + 1);
    }
  });

  it('tells what caused the step, down to a root', () => {
    const mutant = MUTANTS.find((each) => each.name === 'another kind of message');
    const result = replay(log, (header, options) => buildBank(header, options, mutant?.handlers));
    if (result.kind === 'same') throw new Error('the mutant was not noticed');
    const { causes } = result.divergence;
    expect(causes.map((record) => record.kind)).toEqual(['question', 'start', 'copy', 'transfer', ...causes.slice(4).map((record) => record.kind)]);
    expect(causes[causes.length - 1]?.cause).toBe(-1);
  });

  it('says when the run ends before the log does, and when a step throws', () => {
    const deaf = replay(log, (header, options) => buildBank(header, options, {}));
    expect(deaf.kind === 'divergence' && deaf.divergence.seq).toBe(0);
    const throwing: BuildRun = (header, options): Kernel =>
      buildBank(header, options, {
        ...{ ledger: { start: () => { throw new Error('out of ink'); } } },
      });
    const failed = replay(log, throwing);
    expect(failed.kind === 'divergence' && failed.divergence.note).toContain('out of ink');
  });
});
