/**
 * The outcome of a run: what `kubectl get nodes,deploy,rs,pods,svc,endpointslices -A` would print, what was refused, which
 * connections were made, and the fingerprint line.
 */
import { formatDuration } from '../../../src/cli/duration.ts';
import { renderTable } from '../../../src/cli/table.ts';
import { endpointSlicePrinter, servicePrinter } from '../api-server/table/network-printer.ts';
import { nodePrinter } from '../api-server/table/node-printer.ts';
import { podPrinter } from '../api-server/table/pod-printer.ts';
import { deploymentPrinter, replicaSetPrinter } from '../api-server/table/workload-printer.ts';
import type { Printer } from '../api-server/table/column.ts';
import type { Simulation } from '../cluster/simulation.ts';
import type { Work } from '../cluster/work.ts';
import type { KubectlState } from '../cluster/kubectl.ts';
import type { KubeObject } from '../object/types.ts';
import type { ConnectionSummary } from './connections.ts';
import type { Expected } from './expectations.ts';
import type { Ended } from './run.ts';

/** What a run amounts to. */
export type Report = Ended & {
  readonly seed: string;
  readonly plan: string;
  readonly log: string | undefined;
  readonly state: string;
  readonly records: number;
  readonly simulatedSeconds: number;
  readonly realSeconds: number;
  readonly cpuSeconds: number;
  readonly refusals: KubectlState['refusals'];
  /** What the run did, in numbers that are equal on every machine. */
  readonly work: Work;
  /** What the scenario expects, and what came of it. */
  readonly expectations?: readonly Expected[];
};

const SECTIONS: readonly { readonly resource: string; readonly prefix: string; readonly printer: Printer }[] = [
  { resource: 'nodes', prefix: 'node', printer: nodePrinter },
  { resource: 'deployments', prefix: 'deployment.apps', printer: deploymentPrinter },
  { resource: 'replicasets', prefix: 'replicaset.apps', printer: replicaSetPrinter },
  { resource: 'pods', prefix: 'pod', printer: podPrinter },
  { resource: 'services', prefix: 'service', printer: servicePrinter },
  { resource: 'endpointslices', prefix: 'endpointslice.discovery.k8s.io', printer: endpointSlicePrinter },
];

/** Prints to standard output; as one JSON document when asked. */
export function printOutcome(simulation: Simulation, report: Report, connections: readonly ConnectionSummary[], asJson: boolean): void {
  if (asJson) {
    const objects = Object.fromEntries(SECTIONS.map(({ resource }) => [resource, simulation.list(resource)]));
    process.stdout.write(`${JSON.stringify({ ...report, connections, objects }, undefined, 2)}\n`);
    return;
  }
  const now = simulation.config.epoch * 1000 + simulation.now;
  const parts = SECTIONS.flatMap(({ resource, prefix, printer }) => section(simulation.list(resource), prefix, printer, now));
  if (connections.length > 0) parts.push(connectionTable(connections));
  for (const { object, status } of report.refusals) parts.push(`Error from server${status.reason === undefined ? '' : ` (${status.reason})`}: ${object}: ${status.message ?? ''}`);
  if (report.expectations !== undefined) parts.push(report.expectations.map(({ expected, failed }) => `${failed === undefined ? 'as expected' : 'NOT AS EXPECTED'}: ${expected}${failed === undefined ? '' : `: ${failed}`}`).join('\n'));
  parts.push(verdict(report), fingerprint(report));
  process.stdout.write(`${parts.join('\n\n')}\n`);
}

function section(objects: readonly KubeObject[], prefix: string, printer: Printer, now: number): string[] {
  if (objects.length === 0) return [];
  const shown = printer.columns.flatMap((column, at) => (column.priority === 0 ? [at] : []));
  const isNamespaced = objects.some(({ metadata }) => metadata.namespace !== undefined);
  const headings = [...(isNamespaced ? ['Namespace'] : []), ...shown.map((at) => printer.columns[at]?.name ?? '')];
  const rows = objects.map((object) => {
    const cells = printer.cells(object, now);
    const own = shown.map((at) => (at === 0 ? `${prefix}/${String(cells[0])}` : cells[at]));
    return [...(isNamespaced ? [object.metadata.namespace ?? ''] : []), ...own];
  });
  return [renderTable(headings, rows)];
}

function connectionTable(connections: readonly ConnectionSummary[]): string {
  const rows = connections.map(({ from, to, reached, node, verdict, count }) => [from, to, verdict === 'accepted' ? reached : verdict, node, count]);
  return renderTable(['Connection from', 'To', 'Reached', 'On node', 'Times'], rows);
}

function verdict(report: Report): string {
  switch (report.kind) {
    case 'converged':
      return `converged at ${formatDuration(report.at)} of virtual time`;
    case 'pending':
      return [`did not converge within ${formatDuration(report.simulatedSeconds * 1_000_000)}; pending:`, ...report.pending.map((why) => `  ${why}`)].join('\n');
    case 'time':
      return `ran for ${formatDuration(report.simulatedSeconds * 1_000_000)} of virtual time`;
    case 'stopped':
      return `stopped at ${formatDuration(report.simulatedSeconds * 1_000_000)} of virtual time: see below`;
    case 'interrupted':
      return `interrupted at ${formatDuration(report.simulatedSeconds * 1_000_000)} of virtual time; the log so far is complete`;
    case 'bound':
      return `stopped at a bound: ${report.bound}`;
  }
}

/** FoundationDB's "unseed" line, and what it cost. */
function fingerprint({ seed, plan, log, state, records, simulatedSeconds, realSeconds, cpuSeconds }: Report): string {
  const speed = cpuSeconds > 0 ? (simulatedSeconds / 3600 / cpuSeconds).toFixed(3) : '∞';
  const logged = log === undefined ? '' : ` log ${log}`;
  return `seed ${seed} plan ${plan}${logged} state ${state} steps ${records} simulated ${simulatedSeconds.toFixed(3)}s real ${realSeconds.toFixed(3)}s (${speed} simulated hours per CPU second)`;
}
