/**
 * The point of no return of a run that violated a property of its campaign: the run is rewound and continued with other seeds, and each
 * continuation is held against that property.
 */
import { pointOfNoReturn, type InevitableOptions, type PointOfNoReturn } from '../explain/inevitable.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { LogReader } from '../log/reader.ts';
import { Checker } from '../property/checker.ts';
import type { BuildRun } from '../replay/replay.ts';
import type { CampaignModel, Plan, World } from './model.ts';
import { isStepFailed, NO_STEP_FAILS, replayOrder, runPlan, startPlan } from './run.ts';

export interface ViolationPoint {
  /** What the run violates. */
  readonly property: string;
  readonly point: PointOfNoReturn;
}

/** Undefined when the log's run violates nothing. `tried` is called after each continuation. */
export function violationPoint(model: CampaignModel, log: LogReader, options: Omit<InevitableOptions, 'fails'>, tried: () => void = () => undefined): ViolationPoint | undefined {
  const plan = log.header.plan as unknown as Plan;
  const property = runPlan(model, plan).failure?.property;
  if (property === undefined) return undefined;
  const judged = new WeakMap<Kernel, { readonly world: World; readonly checker: Checker }>();
  const build: BuildRun = (_header, kernelOptions) => {
    const order = replayOrder(plan);
    const { world } = startPlan(model, plan, { kernel: { ...kernelOptions, ...(order === undefined ? {} : { order }) } });
    // It must not stop the run: a position may lie behind the violation.
    const checker = new Checker(world.properties.filter(({ name }) => name === property));
    world.kernel.committed$.subscribe((record) => checker.observe(record));
    judged.set(world.kernel, { world, checker });
    return world.kernel;
  };
  const end = log.timeOf(log.length);
  const point = pointOfNoReturn(log, build, {
    ...options,
    fails: (run, kernel) => {
      const { world, checker } = judged.get(kernel) as { readonly world: World; readonly checker: Checker };
      try {
        const outcome = run.run(world.goal === undefined ? {} : { until: end });
        if (world.goal === undefined) checker.end(kernel.now, outcome.kind === 'idle');
        return checker.violations.length > 0 || (property === world.goal?.name && world.goal.pending().length > 0);
      } catch (error) {
        if (isStepFailed(error)) return property === NO_STEP_FAILS;
        throw error;
      } finally {
        tried();
      }
    },
  });
  return { property, point };
}
