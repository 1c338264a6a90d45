/**
 * Faults of nodes: power loss, a kubelet or a runtime that stops, and resources that run out.
 */
import type { Kernel } from '../../../src/index.ts';
import { machineOf, nodesOf } from '../cluster/node.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { operate } from './connection.ts';
import { chosen, type Arguments, type Draw, type FaultKind } from './kind.ts';

const NODE = { node: 'the name of a node (drawn)' };

function nodeOf(config: ClusterConfig, args: Arguments, draw: Draw): string | undefined {
  return chosen(args, 'node', nodesOf(config.nodes).map(({ metadata }) => metadata.name), draw);
}

function controls(kernel: Kernel, kind: 'crash' | 'restart' | 'pause' | 'resume', actors: readonly string[], reason: string): void {
  const known = new Set(kernel.actors().map(({ id }) => id));
  for (const actor of actors) if (known.has(actor)) kernel.control({ kind, actor, reason });
}

/** All that runs on a node is gone at once; disks and what is on them stay. */
export const powerLoss: FaultKind = {
  name: 'power-loss',
  what: 'a node loses power: kubelet, kube-proxy, runtime and every container are gone until it comes back',
  args: NODE,
  lasts: true,
  action: ({ config }) => (kernel, args, draw) => {
    const node = nodeOf(config, args, draw);
    if (node === undefined) return undefined;
    const runs = [`kubelet/${node}`, `kube-proxy/${node}`, `container-runtime/${node}`];
    controls(kernel, 'crash', runs, 'power-loss');
    return () => controls(kernel, 'restart', [...runs].reverse(), 'power-loss');
  },
};

/** The kubelet is stopped; containers go on. */
export const kubeletStop: FaultKind = {
  name: 'kubelet-stop',
  what: "a node's kubelet is stopped (systemctl stop kubelet): its containers go on, and nobody looks after them",
  args: NODE,
  lasts: true,
  action: ({ config }) => (kernel, args, draw) => {
    const node = nodeOf(config, args, draw);
    if (node === undefined) return undefined;
    controls(kernel, 'crash', [`kubelet/${node}`], 'kubelet-stop');
    return () => controls(kernel, 'restart', [`kubelet/${node}`], 'kubelet-stop');
  },
};

/** The container runtime answers nothing. */
export const runtimeStop: FaultKind = {
  name: 'runtime-stop',
  what: "a node's container runtime hangs: calls of the kubelet get no answer, containers go on",
  args: NODE,
  lasts: true,
  action: ({ config }) => (kernel, args, draw) => {
    const node = nodeOf(config, args, draw);
    if (node === undefined) return undefined;
    operate(kernel, `container-runtime/${node}`, { operation: 'stall' });
    return () => operate(kernel, `container-runtime/${node}`, { operation: 'unstall' });
  },
};

/** Everything else on the node takes up so much of a resource. */
function pressure(name: string, what: string, resource: 'memoryBytes' | 'diskBytes'): FaultKind {
  return {
    name,
    what,
    args: { ...NODE, percent: 'how much of it is used by others than pods (97)' },
    lasts: true,
    action: ({ config }) => (kernel, args, draw) => {
      const name = nodeOf(config, args, draw);
      const node = nodesOf(config.nodes).find(({ metadata }) => metadata.name === name);
      const capacity = node === undefined ? undefined : machineOf(node)[resource];
      if (name === undefined || capacity === undefined) return undefined;
      const percent = typeof args['percent'] === 'number' ? args['percent'] : 97;
      operate(kernel, `container-runtime/${name}`, { operation: 'use', [resource]: Math.floor((capacity * percent) / 100) });
      return () => operate(kernel, `container-runtime/${name}`, { operation: 'use', [resource]: 0 });
    },
  };
}

/** The kubelet sees MemoryPressure and evicts. */
export const memoryPressure = pressure('memory-pressure', "a node's memory is used up by others than pods: MemoryPressure, and pods are evicted", 'memoryBytes');
/** The kubelet sees DiskPressure and evicts. */
export const diskPressure = pressure('disk-pressure', "a node's disk is used up by others than pods: DiskPressure, and pods are evicted", 'diskBytes');
