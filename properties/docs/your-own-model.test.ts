/**
 * The tutorial `docs/your-own-model.md`, done as it says: its code is taken from the page, its commands are run.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kubetwin, ROOT } from '../cli/kubetwin.ts';

const page = readFileSync(join(ROOT, 'docs/your-own-model.md'), 'utf8');
const blocks = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code as string);
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => (code as string).trim().split(' ').slice(1));

// Inside the package, so that `kubetwin/search` is found as it is in a project that has installed it.
mkdirSync(join(ROOT, '.kubetwin'), { recursive: true });
const home = mkdtempSync(join(ROOT, '.kubetwin/tutorial-'));
afterAll(() => rmSync(home, { recursive: true }));

describe('the tutorial', () => {
  it('explores, finds the planted mistake with faults, mends it, and passes', () => {
    const [model, fix] = blocks as [string, string];
    const [explore, reduced, first, again] = commands as [string[], string[], string[], string[]];
    writeFileSync(join(home, 'lock.mjs'), model);
    const explored = kubetwin(explore, { cwd: home });
    expect(explored).toMatchObject({ code: 0, stdout: expect.stringContaining('reached: all had their turn') as string });
    expect(kubetwin(reduced, { cwd: home })).toMatchObject({ code: 0 });

    const found = kubetwin(first, { cwd: home });
    expect(found).toMatchObject({ code: 1, stdout: expect.stringContaining('one is inside at most') as string });
    const plan = JSON.parse(readFileSync(join(home, '.kubetwin/found/lock-one-is-inside-at-most.json'), 'utf8')) as { plan: { faults: { faults: { kind: string }[] } } };
    expect(plan.plan.faults.faults.map(({ kind }) => kind)).toEqual(['duplicate']);
    const command = found.stdout.trimEnd().split('\n').at(-1) as string;
    expect(kubetwin(command.split(' ').slice(1), { cwd: home }).code).toBe(1);
    expect(kubetwin(['replay', '.kubetwin/found/lock-one-is-inside-at-most.log'], { cwd: home }).code).toBe(0);

    expect(model).toContain('    const [next = null');
    writeFileSync(join(home, 'lock.mjs'), model.replace('    const [next = null', `${fix}    const [next = null`));
    const mended = kubetwin(again, { cwd: home });
    expect(mended.stdout).toMatch(/stored plans? tried first, 0 still failing/);
    expect(mended.code).toBe(0);
  });
});
