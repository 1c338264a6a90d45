/**
 * `kubetwin check`, `explore` and `shrink` as a person runs them (docs/search.md, 26, 41 and 43). What does not need a process of its
 * own calls the commands in this one.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CALIBRATION } from '../../models/calibration.ts';
import { checkCommand, type CheckCommandOptions } from '../../src/cli/check.ts';
import { CliError } from '../../src/cli/exit.ts';
import { exploreCommand, type ExploreCommandOptions } from '../../src/cli/explore.ts';
import { replayCommand } from '../../src/cli/replay.ts';
import { shrinkCommand } from '../../src/cli/shrink.ts';
import { withCampaigns } from '../../src/cli/models.ts';
import { folder, kubetwin, ROOT } from './kubetwin.ts';

const lastLine = (stdout: string): string => stdout.trimEnd().split('\n').at(-1) as string;
const words = (command: string): readonly string[] => command.replace(/^kubetwin /, '').split(' ');

interface Report {
  readonly runs: number;
  readonly steps: number;
  readonly failures: readonly { readonly seed: string; readonly fingerprint: string }[];
  readonly hits: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly vacuous: readonly string[];
  readonly stored: { readonly tried: number; readonly failing: number };
  readonly minimal: readonly { readonly plan: { readonly seed: string }; readonly files: { readonly plan: string; readonly log: string } }[];
}

afterEach(() => void vi.restoreAllMocks());

const environment = { catalogue: CALIBRATION, worker: new URL('../../dist/worker.js', import.meta.url) };

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly report: Report;
}

/** Runs a command in this process and keeps what it prints. */
async function saying(run: () => Promise<number>): Promise<Said> {
  let stdout = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
  try {
    const code = await run();
    return { code, stdout, get report() { return JSON.parse(stdout) as Report; } };
  } finally {
    spy.mockRestore();
  }
}

/** `kubetwin check` in a folder, with the defaults of the command line. */
const check = (home: string, options: Partial<CheckCommandOptions>): Promise<Said> =>
  saying(() => checkCommand({ model: 'counter', seed: '1', runs: '1000', workers: '1', shrink: true, shrinkFor: '60s', store: join(home, '.kubetwin'), out: join(home, 'found'), ...options }, environment));

const explore = (home: string, options: Partial<ExploreCommandOptions>): Promise<Said> =>
  saying(() => exploreCommand({ model: 'counter', order: 'breadth', deviations: '2', seed: '1', out: join(home, 'found'), ...options }, CALIBRATION));

describe('kubetwin check', () => {
  it('passes a sound model: every property judged, every mark reached, exit code 0', async () => {
    const { code, stdout } = await check(folder(), { model: 'two-phase-commit', runs: '200' });
    expect(stdout).toMatch(/held +consistent +judged \d+ times/);
    expect(stdout).toMatch(/reached +commit agreement +\d+ times/);
    expect(code).toBe(0);
  });

  it('ends with one line that reproduces the failure, in any folder, each time with the same run', () => {
    const found = kubetwin(['check', '--model', 'paxos-forgetful', '--workers', '2'], { cwd: folder() });
    expect(found.code).toBe(1);
    expect(found.stdout).toContain('one value is decided');
    expect(found.stdout).toMatch(/^why:\n {2}#\d+/m);
    const command = lastLine(found.stdout);
    expect(command).toMatch(/^kubetwin check --plan \S+$/);
    const [first, second] = [1, 2].map(() => kubetwin(words(command), { cwd: folder() }));
    expect(first).toMatchObject({ code: 1, stdout: expect.stringMatching(/violated.*one value is decided/) as string });
    expect(second).toEqual(first);
    expect(lastLine(first?.stdout as string)).toBe(command);
  });

  it('writes the minimal plan, and a log of its run that replays', async () => {
    const home = folder();
    await check(home, { model: 'counter-racy' });
    const files = readdirSync(join(home, 'found')).sort();
    expect(files).toEqual(['counter-racy-no-increment-is-lost.json', 'counter-racy-no-increment-is-lost.log']);
    const [plan, log] = files.map((name) => join(home, 'found', name)) as [string, string];
    expect(await saying(() => replayCommand(log, {}, withCampaigns(() => undefined, CALIBRATION)))).toMatchObject({ code: 0 });
    expect(await check(home, { plan })).toMatchObject({ code: 1 });
    // The same plan in the sound model violates nothing.
    writeFileSync(join(home, 'sound.json'), JSON.stringify({ ...(JSON.parse(readFileSync(plan, 'utf8')) as object), model: 'counter' }));
    expect(await check(home, { plan: join(home, 'sound.json') })).toMatchObject({ code: 0 });
    // A log has its plan, so it can be shrunk as well.
    expect(await saying(() => shrinkCommand(log, { for: '60s', out: join(home, 'small'), json: true }, environment))).toMatchObject({ code: 1 });
    expect(readdirSync(join(home, 'small')).sort()).toEqual(files);
  });

  it('finds the same failing seeds with one worker and with two, and with shards the same together', async () => {
    const options = { model: 'two-phase-commit-hasty', runs: '200', keepGoing: true, store: false, shrink: false, json: true } as const;
    const { report: one } = await check(folder(), { ...options, workers: '1' });
    const { report: two } = await check(folder(), { ...options, workers: '2' });
    expect(one.failures.length).toBeGreaterThan(1);
    for (const part of ['runs', 'steps', 'failures', 'hits', 'marks', 'vacuous'] as const) expect(two[part]).toEqual(one[part]);
    expect(two.minimal.map(({ plan }) => plan)).toEqual(one.minimal.map(({ plan }) => plan));
    const shards: Report[] = [];
    for (const shard of ['1/3', '2/3', '3/3']) shards.push((await check(folder(), { ...options, shard })).report);
    expect(shards.flatMap(({ failures }) => failures.map(({ seed }) => seed)).sort()).toEqual(one.failures.map(({ seed }) => seed).sort());
    expect(shards.reduce((sum, { runs }) => sum + runs, 0)).toBe(200);
  });

  it('stops at the same first failure whatever the number of workers', async () => {
    const first = async (workers: string): Promise<unknown> => {
      const { report } = await check(folder(), { model: 'counter-racy', seed: 'first', store: false, json: true, workers });
      return { runs: report.runs, failures: report.failures, plans: report.minimal.map(({ plan }) => plan) };
    };
    expect(await first('3')).toEqual(await first('1'));
  });

  it('loses no recorded failure when it is killed, and tries what it knows first, the fastest before all', async () => {
    const home = folder();
    const store = join(home, '.kubetwin/seeds/two-phase-commit-hasty.ndjson');
    const child = spawn(process.execPath, [join(ROOT, 'dist/kubetwin.js'), 'check', '--model', 'two-phase-commit-hasty', '--runs', '1000000', '--keep-going', '--workers', '2'], { cwd: home, stdio: 'ignore' });
    const ended = new Promise((resolve) => void child.on('exit', resolve));
    const recorded = (): readonly string[] => (existsSync(store) ? readFileSync(store, 'utf8').split('\n').filter((line) => line.endsWith('}')) : []);
    while (recorded().length < 5 && child.exitCode === null) await new Promise((resolve) => void setTimeout(resolve, 20));
    child.kill('SIGKILL');
    await ended;
    const seeds = recorded().map((line) => JSON.parse(line) as { steps: number; plan: { seed: string } });
    expect(seeds.length).toBeGreaterThanOrEqual(5);
    const { report } = await check(home, { model: 'two-phase-commit-hasty', shrink: false, json: true });
    expect(report.stored.failing).toBe(Math.min(20, new Set(seeds.map(({ plan }) => plan.seed)).size));
    expect(report.runs).toBe(0);
    const fastest = Math.min(...seeds.map(({ steps }) => steps));
    expect(seeds.filter(({ steps }) => steps === fastest).map(({ plan }) => plan.seed)).toContain(report.minimal[0]?.plan.seed);
  });

  it('reads its store past a torn line, and forgets a failure that is mended', async () => {
    const home = folder();
    await check(home, { model: 'counter-racy', shrink: false });
    const racy = join(home, '.kubetwin/seeds/counter-racy.ndjson');
    writeFileSync(racy, `${readFileSync(racy, 'utf8')}\n{"property":"torn`);
    expect((await check(home, { model: 'counter-racy', shrink: false })).stdout).toMatch(/^1 stored plan tried first, 1 still failing/);
    // The sound counter inherits the racy one's store, as after a fix.
    writeFileSync(join(home, '.kubetwin/seeds/counter.ndjson'), readFileSync(racy));
    const mended = await check(home, { model: 'counter', runs: '20', waive: ['all are done'] });
    expect(mended.stdout).toMatch(/^1 stored plan tried first, 0 still failing/);
    expect(mended.code).toBe(0);
    expect(readFileSync(join(home, '.kubetwin/seeds/counter.ndjson'), 'utf8')).toContain('"state":"passing"');
  });

  it('searches for as long as it is told', async () => {
    const { code, report } = await check(folder(), { for: '300ms', json: true, store: false, waive: ['all are done'] });
    expect(code).toBe(0);
    expect(report.runs).toBeGreaterThan(0);
  });

  it('judges only the property that is asked for', async () => {
    const { code, report } = await check(folder(), { model: 'paxos', property: 'linear*', runs: '20', json: true, store: false });
    expect(Object.keys(report.hits)).toEqual(['linearizable']);
    expect(code).toBe(0);
  });

  it('goes on with what is new when it is guided, the same with one worker and with two', async () => {
    const guided = (workers: string): Promise<Said> => check(folder(), { model: 'two-phase-commit-hasty', guided: true, json: true, store: false, shrink: false, workers });
    const [one, two] = [await guided('1'), await guided('2')];
    expect(one.report.failures).toHaveLength(1);
    expect(two.report.failures).toEqual(one.report.failures);
  });

  it('emits a test that names the library and carries the plan', async () => {
    const home = folder();
    await check(home, { model: 'counter-racy', emitTest: join(home, 'found.test.ts') });
    const text = readFileSync(join(home, 'found.test.ts'), 'utf8');
    expect(text).toContain('import { failureOf } from "kubetwin/search";');
    expect(text).toContain('expect(failure).toBeUndefined()');
  });

  const wrong: readonly (readonly [string, Partial<CheckCommandOptions>])[] = [
    ['there is no model "nobody"', { model: 'nobody' }],
    ['has no property "nothing"', { property: 'nothing' }],
    ['has no parameter "nodes"; it has workers', { set: ['nodes=3'] }],
    ['a whole number from 1 to 8, not "99"', { set: ['workers=99'] }],
    ['cannot read the plan nowhere.json: no such file', { plan: 'nowhere.json' }],
    ['it is no plan file', { plan: join(ROOT, 'package.json') }],
    ['the text is damaged', { plan: 'plan:AAAA' }],
    ['--shard is part/number', { shard: '5/4' }],
    ['--runs is a whole number of at least 1', { runs: 'many' }],
    ['--for is a duration', { for: 'ever' }],
    ['no such file', { model: './nowhere.mjs' }],
  ];
  it.each(wrong)('refuses with "%s" and the exit code 2', async (sentence, options) => {
    const refusal = await check(folder(), options).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CliError);
    expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringContaining(sentence) as string });
  });

  it('ends after a mistake in its arguments, with no thread left behind', () => {
    expect(kubetwin(['check', '--runs', 'many', '--workers', '2', '--model', 'counter'], { cwd: folder() })).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('kubetwin explore', () => {
  interface Explored {
    readonly unique: number;
    readonly isComplete: boolean;
    readonly violations: readonly { readonly property: string; readonly path: readonly string[] }[];
  }
  const explored = async (options: Partial<ExploreCommandOptions>): Promise<{ readonly code: number; readonly report: Explored }> => {
    const { code, stdout } = await explore(folder(), { ...options, json: true });
    return { code, report: JSON.parse(stdout) as Explored };
  };

  it('counts the published numbers of states', async () => {
    const five = { model: 'two-phase-commit', set: ['managers=5'] };
    expect((await explored({ model: 'two-phase-commit' })).report.unique).toBe(288);
    expect((await explored(five)).report.unique).toBe(8_832);
    expect((await explored({ ...five, symmetry: true, order: 'depth' })).report.unique).toBe(665);
  });

  it('shows a shortest path to a violation and exits with 1', async () => {
    const { code, report } = await explored({ model: 'counter-racy', set: ['workers=2'] });
    expect(code).toBe(1);
    expect(report.violations[0]?.path).toEqual(['worker 0 reads', 'worker 1 reads', 'worker 0 writes', 'worker 1 writes']);
    const reduced = await explored({ model: 'counter-racy', reduction: true });
    expect(reduced.code).toBe(1);
    expect(reduced.report.violations[0]?.property).toBe('no increment is lost');
    const { stdout } = await explore(folder(), { model: 'counter-racy' });
    expect(lastLine(stdout)).toBe('kubetwin explore --model counter-racy');
  });

  it('stays within its bounds, and says that it was not complete', async () => {
    const eight = { model: 'two-phase-commit', set: ['managers=8'] };
    expect((await explored({ ...eight, states: '1000' })).report).toMatchObject({ unique: 1000, isComplete: false });
    expect((await explored({ ...eight, depth: '3' })).report.isComplete).toBe(false);
  });

  it('runs a campaign in all orders with few deviations, and the violation reproduces', async () => {
    const home = folder();
    const found = await explore(home, { model: 'two-phase-commit-hasty', runs: true, stream: ['*:while'] });
    expect(found.code).toBe(1);
    expect((await check(home, { plan: words(lastLine(found.stdout)).at(-1) as string })).code).toBe(1);
    const sound = await explore(home, { runs: true, deviations: '1', json: true });
    expect(JSON.parse(sound.stdout)).toMatchObject({ isComplete: true, violations: [] });
  });

  const wrong: readonly (readonly [string, Partial<ExploreCommandOptions>])[] = [
    ['declares no symmetry', { model: 'paxos', symmetry: true }],
    ['--order is breadth or depth', { order: 'sideways' }],
    ['--states is a whole number', { states: 'few' }],
    ['--reduction needs to know who receives what', { runs: true, reduction: true }],
    ['are two searches', { symmetry: true, reduction: true }],
  ];
  it.each(wrong)('refuses with "%s" and the exit code 2', async (sentence, options) => {
    const refusal = await explore(folder(), options).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(CliError);
    expect(refusal).toMatchObject({ exitCode: 2, message: expect.stringContaining(sentence) as string });
  });
});
