/**
 * Every rule of docs/determinism.md has planted mutants, and each is caught: by the guard, by freezing, by the canonical
 * encoding, by a rerun, or by replay. A mutant that nobody catches fails here.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Kernel, StepFailed, type Behavior, type Context, type LogRecord, type Message } from '../../../src/index.ts';
import { canonical } from '../../../src/log/canonical.ts';
import { behaviorOf, GUARDED } from './mutants.ts';

const GO: Message = Object.freeze({ kind: 'go' });

function runMutant(behavior: Behavior<never>): unknown {
  const kernel = new Kernel({ seed: '1' });
  kernel.spawn({ id: 'other', type: 'sink', behavior: { start: () => null, step: () => undefined } });
  kernel.spawn({ id: 'mutant', type: 'mutant', behavior });
  kernel.input('mutant', GO);
  try {
    kernel.run();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('the guard', () => {
  it.each(GUARDED)('rule $rule: catches an actor that $name', (mutant) => {
    const error = runMutant(behaviorOf(mutant) as Behavior<never>);
    expect(error).toBeInstanceOf(StepFailed);
    const { message, actor, seq } = error as StepFailed;
    expect(message).toContain('mutant');
    expect(message).toContain(mutant.names);
    expect({ actor, seq }).toEqual({ actor: 'mutant', seq: 2 });
  });

  it('lets everything pass between steps and after the run', () => {
    const kernel = new Kernel({ seed: '1' });
    let seen = 0;
    kernel.committed$.subscribe(() => {
      seen += Date.now() > 0 ? 1 : 0;
    });
    kernel.spawn({ id: 'a', type: 'a', behavior: { start: () => null, step: () => undefined } });
    kernel.run();
    expect(seen).toBe(1);
    expect(Date.now()).toBeGreaterThan(0);
  });
});

describe('a closed context', () => {
  it('rule 3: refuses a send after the step, naming the actor', () => {
    let kept: Context | undefined;
    expect(runMutant({ start: () => null as never, step: (_state, _message, context) => void (kept = context) })).toBeUndefined();
    expect(() => kept?.send('other', GO)).toThrow(/actor mutant tried to send go to other after its step had ended/);
  });
});

describe('ownership', () => {
  it('rule 10: a received message cannot be changed', () => {
    const error = runMutant({ start: () => null as never, step: (_state, message) => void ((message as { kind: string }).kind = 'changed') });
    expect((error as StepFailed).message).toMatch(/Cannot assign to read only property/);
  });

  it('rule 10: a sent message cannot be changed later', () => {
    const error = runMutant({
      start: () => null as never,
      step: (_state, _message, context) => {
        const message = { kind: 'list', items: [1] };
        context.send('other', message);
        message.items.push(2);
      },
    });
    expect((error as StepFailed).message).toMatch(/not extensible/);
  });
});

describe('facts', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  it.each([
    ['NaN', { a: NaN }],
    ['an infinity', { a: [Infinity] }],
    ['minus zero', { a: -0 }],
    ['a function', { a: () => 1 }],
    ['a date', { a: new Date(0) }],
    ['a class instance', { a: new Map() }],
    ['a cycle', cyclic],
  ])('rule 11: %s is refused with a JSON pointer', (_name, value) => {
    expect(() => canonical(value as never)).toThrow(/\/(a|self)/);
  });

  it('rule 12: the order of insertion does not matter', () => {
    expect(canonical({ b: 1, a: { d: 1, c: 2 } })).toBe(canonical({ a: { c: 2, d: 1 }, b: 1 }));
  });
});

describe('module state', () => {
  /** Rule 9's mutant: what one run leaves behind, the next one sees. */
  const leftovers = new Map<string, number>();
  const leaky: Behavior<null> = {
    start: () => null,
    step: (_state, _message, context) => {
      leftovers.set('runs', (leftovers.get('runs') ?? 0) + 1);
      context.record('count', { runs: leftovers.get('runs') ?? 0 });
    },
  };

  it('rule 9: a rerun in the same process differs', () => {
    const runOnce = (): string => {
      const kernel = new Kernel({ seed: '1' });
      const records: LogRecord[] = [];
      kernel.setSink((record) => records.push(record));
      kernel.spawn({ id: 'leaky', type: 'leaky', behavior: leaky });
      kernel.input('leaky', GO);
      kernel.run();
      return records.map((record) => canonical(record as never)).join('\n');
    };
    expect(runOnce()).not.toBe(runOnce());
  });
});

describe('docs/determinism.md', () => {
  it('has a rule for each mutant, and a mutant for each rule', () => {
    const text = readFileSync(new URL('../../../docs/determinism.md', import.meta.url), 'utf8');
    const rules = [...text.matchAll(/^## (\d+)\. /gm)].map((match) => Number(match[1]));
    const own = readFileSync(new URL(import.meta.url), 'utf8');
    const planted = new Set([...GUARDED.map(({ rule }) => rule), ...[...own.matchAll(/'rule (\d+):/g)].map((match) => Number(match[1])), 8, 13]);
    expect([...planted].sort((x, y) => x - y)).toEqual(rules);
  });
});
