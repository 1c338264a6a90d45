/**
 * Connections that programs made during a run, as people want to read them: which pod, to which Service, reached which pod.
 */
import type { Simulation } from '../cluster/simulation.ts';
import type { Pod, Service } from '../object/types.ts';

/** The fact that the network records for each connection. */
export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly verdict: string;
  readonly backend: string;
  readonly node: string;
}

/** One line about connections of the same ends. */
export interface ConnectionSummary {
  readonly from: string;
  readonly to: string;
  readonly reached: string;
  readonly node: string;
  readonly verdict: string;
  readonly count: number;
}

/** Groups connections by their ends; addresses get the names of pods and Services. DNS queries are left out. */
export function connectionsOf(simulation: Simulation, connections: readonly Connection[]): ConnectionSummary[] {
  const names = new Map<string, string>();
  for (const pod of simulation.list('pods') as readonly Pod[]) {
    if (pod.status.podIP !== undefined && pod.spec.hostNetwork !== true) names.set(pod.status.podIP, `pod/${pod.metadata.name}`);
  }
  for (const service of simulation.list('services') as readonly Service[]) {
    if (service.spec.clusterIP !== undefined && service.spec.clusterIP !== 'None') names.set(service.spec.clusterIP, `service/${service.metadata.name}`);
  }
  const groups = new Map<string, ConnectionSummary>();
  for (const { from, to, verdict, backend, node, protocol } of connections) {
    if (protocol === 'UDP' || (!to.startsWith('10.96.') && verdict === 'accepted' && !names.has(hostOf(from)))) continue;
    const summary = { from: named(names, from, false), to: named(names, to, true), reached: named(names, backend, true), node, verdict };
    const key = Object.values(summary).join(' ');
    groups.set(key, { ...summary, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  return [...groups.values()];
}

const hostOf = (address: string): string => address.replace(/:\d+$/, '');

function named(names: ReadonlyMap<string, string>, address: string, withPort: boolean): string {
  const host = hostOf(address);
  const port = address.slice(host.length);
  const name = names.get(host);
  return name === undefined ? address : `${name} (${host}${withPort ? port : ''})`;
}
