/**
 * Every verb, in the order in which `kubetwin help` lists them. A new verb is one file here and one line below.
 *
 * A verb's file is loaded when somebody asks for the verb, so that `get` does not wait for what `check` needs.
 */
import type { Register } from './verb.ts';

export const VERBS: Readonly<Record<string, () => Promise<Register>>> = {
  run: async () => (await import('./run.ts')).registerRun,
  serve: async () => (await import('./serve.ts')).registerServe,
  replay: async () => (await import('./replay.ts')).registerReplay,
  get: async () => (await import('./get.ts')).registerGet,
  logs: async () => (await import('./logs.ts')).registerLogs,
  why: async () => (await import('./why.ts')).registerWhy,
  blame: async () => (await import('./why.ts')).registerBlame,
  connect: async () => (await import('./connect.ts')).registerConnect,
  rules: async () => (await import('./rules.ts')).registerRules,
  check: async () => (await import('./check.ts')).registerCheck,
  explore: async () => (await import('./explore.ts')).registerExplore,
  shrink: async () => (await import('./shrink.ts')).registerShrink,
  diff: async () => (await import('./diff.ts')).registerDiff,
  fork: async () => (await import('./fork.ts')).registerFork,
  travel: async () => (await import('./travel.ts')).registerTravel,
  view: async () => (await import('./view.ts')).registerView,
  export: async () => (await import('./export.ts')).registerExport,
  explain: async () => (await import('./explain.ts')).registerExplain,
  record: async () => (await import('./record.ts')).registerRecord,
  compare: async () => (await import('./compare.ts')).registerCompare,
  bench: async () => (await import('./bench.ts')).registerBench,
};

/** The verbs that a command line needs: the one it names, none for the version, and all when it asks for help or has no verb. */
export async function verbsFor([verb = '']: readonly string[]): Promise<readonly Register[]> {
  if (verb === '--version' || verb === '-V') return [];
  const named = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (named !== undefined) return [await named()];
  return Promise.all(Object.values(VERBS).map((load) => load()));
}
