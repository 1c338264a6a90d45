/** Every verb, in the order in which `kubetwin help` lists them. A new verb is one file here and one line below. */
import { registerBench } from './bench.ts';
import { registerCheck } from './check.ts';
import { registerExplore } from './explore.ts';
import { registerDiff } from './diff.ts';
import { registerExplain } from './explain.ts';
import { registerExport } from './export.ts';
import { registerFork } from './fork.ts';
import { registerGet } from './get.ts';
import { registerCompare } from './compare.ts';
import { registerConnect } from './connect.ts';
import { registerRecord } from './record.ts';
import { registerLogs } from './logs.ts';
import { registerReplay } from './replay.ts';
import { registerRules } from './rules.ts';
import { registerRun } from './run.ts';
import { registerServe } from './serve.ts';
import { registerShrink } from './shrink.ts';
import { registerTravel } from './travel.ts';
import { registerView } from './view.ts';
import { registerWhy } from './why.ts';
import type { Register } from './verb.ts';

export const VERBS: readonly Register[] = [
  registerRun,
  registerServe,
  registerReplay,
  registerGet,
  registerLogs,
  registerWhy,
  registerConnect,
  registerRules,
  registerCheck,
  registerExplore,
  registerShrink,
  registerDiff,
  registerFork,
  registerTravel,
  registerView,
  registerExport,
  registerExplain,
  registerRecord,
  registerCompare,
  registerBench,
];
