import { describe, expect, it } from 'vitest';
import { runScript } from './testing/run-script.ts';

const MEGABYTE = 1024 ** 2;

describe('a program that never has enough', () => {
  const hungry = ['x=a; while true; do x=$x$x; done', 'tail /dev/zero', 'sort /dev/zero', 'cat /dev/zero | tail', 'x=$(yes)', 'awk \'BEGIN{x="a"; while(1) x=x x}\''];

  it.each(hungry)('%s is killed by the container\'s limit', (script) => {
    expect(runScript(script, { memoryBytes: 64 * MEGABYTE, forSeconds: 60 })).toMatchObject({ status: 137, isOomKilled: true });
  });

  it.each(['x=a; while true; do x=$x$x; done', 'x=$(yes)'])('%s is killed where nothing limits it', (script) => {
    expect(runScript(script, { forSeconds: 60 })).toMatchObject({ status: 137, isOomKilled: false });
  });
});

describe('a program that never ends', () => {
  const endless = ['while :; do :; done', 'yes > /dev/null', 'cat /dev/zero > /dev/null', 'while :; do sleep 0; done', 'trap : USR1; while :; do kill -USR1 $$; done', 'while :; do (:); done'];

  it.each(endless)('%s lets time pass', (script) => {
    expect(runScript(script, { forSeconds: 20 }).status).toBeUndefined();
  });

  it('calls itself until its stack is used up', () => {
    expect(runScript('f() { f; }; f')).toMatchObject({ status: 139 });
    expect(runScript('sh -c "f() { f; }; f"; echo $?')).toMatchObject({ out: '139\n', err: 'Segmentation fault\n' });
    expect(runScript("awk 'function f(n) { return f(n + 1) } BEGIN { f(1) }'; echo $?").out).toBe('139\n');
  });

  it('makes processes until there can be no more', () => {
    const bomb = runScript('while :; do sleep 100 & done', { forSeconds: 60 });
    expect(bomb).toMatchObject({ status: 2, err: "sh: can't fork: Resource temporarily unavailable\n" });
  });

  it('finds the longest match of an expression that others try for ever', () => {
    expect(runScript(`echo ${'a'.repeat(60)} | grep -E '(a+)+b'; echo $?`).out).toBe('1\n');
    expect(runScript("echo abcd | sed -E 's/a|ab|abc/X/'").out).toBe('Xd\n');
  });
});
