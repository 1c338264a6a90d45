/**
 * What nodes cost: idle ones with their heartbeats, and pods that start. CPU time of this process, so that a loaded machine matters little.
 */
import { createCluster, type Simulation } from '../models/kubernetes/cluster/simulation.ts';
import type { KubeObject, Pod } from '../models/kubernetes/object/types.ts';
import { cpuSeconds, line } from './machine.ts';

const SECOND = 1_000_000;

function clusterOf(nodes: number, disable: readonly ('kube-proxy' | 'coredns')[] = []): Simulation {
  const cluster = createCluster({ seed: '1', nodes, freeze: false, guard: false, disable });
  cluster.runFor(120 * SECOND);
  return cluster;
}

/** Virtual seconds per CPU second of nodes that have nothing to do but renew leases and report. */
function idle(nodes: number, virtualSeconds: number): void {
  const cluster = clusterOf(nodes);
  const steps = cluster.kernel.seq;
  const seconds = cpuSeconds(() => void cluster.runFor(virtualSeconds * SECOND));
  line(`${nodes} idle nodes, ${virtualSeconds} s of virtual time, ${cluster.kernel.seq - steps} steps`, virtualSeconds / seconds, 'x real time', '> 300');
}

/** One hour is run; a day is 24 of them, as nothing in it depends on the hour. */
function day(): void {
  const cluster = clusterOf(100);
  const seconds = cpuSeconds(() => void cluster.runFor(3600 * SECOND));
  line('100 idle nodes, one day (24 times one hour)', 24 * seconds, 's of CPU', '< 60');
}

function pod(index: number, node: string): KubeObject {
  const metadata = { name: `p${index}`, namespace: 'default' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: node, containers: [{ name: 'c', image: 'registry.k8s.io/pause:3.10' }] } } as unknown as KubeObject;
}

/** Pods that become ready per CPU second, bound to nodes by hand, and what one costs in memory. */
function starting(nodes: number, pods: number): void {
  const cluster = clusterOf(nodes, ['kube-proxy', 'coredns']);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const objects = Array.from({ length: pods }, (_, index) => pod(index, `node-${(index % nodes) + 1}`));
  const isReady = (each: Pod): boolean => (each.status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True');
  let ready = 0;
  const seconds = cpuSeconds(() => {
    cluster.apply(objects);
    for (let turn = 0; turn < 60 && ready < pods; turn++) {
      cluster.runFor(5 * SECOND);
      ready = (cluster.list('pods', 'default') as readonly Pod[]).filter(isReady).length;
    }
  });
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - before) / pods;
  line(`${pods} pods on ${nodes} nodes, ready${ready < pods ? ` (ONLY ${ready})` : ''}`, pods / seconds, 'pods/s of CPU', '');
  line(`memory of a running pod, all components`, bytes / 1024, 'KiB', '');
}

/** Prints the numbers of nodes. */
export function nodeBench(): void {
  idle(1000, 60);
  day();
  starting(1000, 5000);
}
