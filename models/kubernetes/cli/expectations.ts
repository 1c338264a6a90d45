/**
 * What a scenario expects, judged at the end of its run: conditions on objects, what the user waited for, and the cluster's properties.
 */
import type { Checker } from '../../../src/property/checker.ts';
import { describeViolation } from '../../../src/property/property.ts';
import { KINDS } from '../api-server/registry/kinds.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import type { Simulation } from '../cluster/simulation.ts';
import { unmet } from '../scenario/condition.ts';
import { describeCondition, type Scenario } from '../scenario/scenario.ts';

/** The scenario in a configuration; empty when there is none. */
export const scenarioOf = ({ scenario }: ClusterConfig): Scenario => scenario as Scenario;

/** Does a run play a scenario, so that it is held against properties? */
export const isPlayed = (config: ClusterConfig): boolean => scenarioOf(config).steps !== undefined;

/** When the last fault of the plan is over, as far as the plan says, µs. */
export function faultsEnd({ faults }: Scenario): number {
  const ends = (faults?.faults ?? []).map((fault) => ('at' in fault.start ? fault.start.at : 0) + ('for' in fault ? (fault.for ?? 0) : 0));
  return Math.min(faults?.healAt ?? Infinity, Math.max(0, ...ends));
}

/** One expectation and whether it held. */
export interface Expected {
  readonly expected: string;
  /** Why it did not hold. */
  readonly failed?: string;
}

export interface Verdict {
  readonly failures: readonly string[];
  readonly report: { readonly expectations?: readonly Expected[] };
}

/** Judges the end of a run. */
export function verdictOf(simulation: Simulation, checker: Checker | undefined): Verdict {
  const { expect = [] } = scenarioOf(simulation.config);
  checker?.end(simulation.now, false);
  const read = (kind: string): ReturnType<Simulation['list']> => simulation.list(kind);
  const prefixOf = (kind: string): string | undefined => KINDS.find((entry) => entry.kind === kind)?.resource;
  const expectations = expect.map((condition): Expected => {
    const failed = 'converged' in condition ? simulation.pending()[0] : unmet(condition, read, prefixOf);
    return { expected: describeCondition(condition), ...(failed === undefined ? {} : { failed }) };
  });
  const { failure } = simulation.user;
  return {
    failures: [
      ...(failure === undefined ? [] : [failure]),
      ...expectations.flatMap(({ expected, failed }) => (failed === undefined ? [] : [`expected that ${expected}: ${failed}`])),
      ...(checker?.violations ?? []).map(describeViolation),
    ],
    report: expect.length === 0 ? {} : { expectations },
  };
}
