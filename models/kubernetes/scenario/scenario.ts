/**
 * A scenario: what happens to a cluster over time, as plain data. It stands in a run's configuration, so a log holds it.
 *
 * Scenario files (`read.ts`) are its written form; docs/scenarios.md explains them to people.
 */
import type { FaultPlan } from '../../../src/fault/plan.ts';
import type { KubeObject } from '../object/types.ts';

/** When a step begins, in µs: at a time of the run, or after the step before has ended. */
export interface When {
  readonly at?: number;
  readonly after?: number;
}

/** A value of an object, as `kubectl get` could show it. */
export interface FieldCondition {
  /** `deployment/web`. */
  readonly object: string;
  readonly namespace?: string;
  /** Dotted path: `status.readyReplicas`. Absent: the object is there. */
  readonly field?: string;
  /** What it has to be; absent: anything but nothing. */
  readonly equals?: unknown;
  /** True: the object has to be gone. */
  readonly gone?: boolean;
}

/** How many objects there are. */
export interface CountCondition {
  readonly kind: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly count: number;
}

export type Condition = { readonly converged: true } | FieldCondition | CountCondition;

export type Step = When &
  (
    | { readonly do: 'apply' | 'delete' | 'patch'; readonly objects: readonly KubeObject[] }
    | { readonly do: 'wait'; readonly until: Condition; readonly timeout: number }
  );

/** Traffic that somebody sends; see `network/traffic/generator.ts`. Times in µs. */
export interface Traffic {
  readonly name: string;
  readonly to: string;
  readonly port: number;
  readonly rate: number;
  readonly node?: string;
  readonly start?: number;
  readonly duration: number;
  readonly keepAlive?: number;
  readonly path?: string;
  readonly timeout?: number;
}

/** The parts of `config.scenario` that this folder reads; nodes, images and the registry are read by `cluster/node-scenario.ts`. */
export interface Scenario {
  readonly name?: string;
  readonly steps?: readonly Step[];
  readonly faults?: FaultPlan;
  readonly traffic?: readonly Traffic[];
  readonly expect?: readonly Condition[];
}

/** A condition in words. */
export function describeCondition(condition: Condition): string {
  if ('converged' in condition) return 'the cluster has converged';
  if ('count' in condition) {
    const labels = Object.entries(condition.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(',');
    return `there are ${condition.count} objects of kind ${condition.kind}${labels === '' ? '' : ` with ${labels}`}`;
  }
  if (condition.gone === true) return `${condition.object} is gone`;
  if (condition.field === undefined) return `${condition.object} is there`;
  return `${condition.field} of ${condition.object} is ${condition.equals === undefined ? 'set' : JSON.stringify(condition.equals)}`;
}
