/**
 * Faults of a run that its configuration asks for: those of a scenario, and those that a person orders from `serve`.
 */
import type { Kernel, Network } from '../../../src/index.ts';
import { Injector } from '../../../src/fault/injector.ts';
import { FaultNetwork } from '../../../src/fault/network.ts';
import { faultDesk } from '../fault/desk.ts';
import { clusterEvents } from '../fault/event.ts';
import { StreamNetwork } from '../fault/network.ts';
import { faultActions } from '../fault/vocabulary.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { ClusterConfig } from './config.ts';
import { ClusterNetwork } from './timing.ts';

/** The network of a run, and how faults get into it once the kernel is there. */
export interface Injection {
  readonly network: Network;
  attach(kernel: Kernel): void;
}

/** What a configuration asks for. Runs without faults have the plain network and pay nothing. */
export function injectionOf(config: ClusterConfig): Injection {
  const plain = new ClusterNetwork(config.timing);
  const { faults = { faults: [] } } = config.scenario as Scenario;
  if (faults.faults.length === 0 && !config.gateway) return { network: plain, attach: () => undefined };
  const cluster = new StreamNetwork(plain);
  const network = new FaultNetwork(cluster);
  return {
    network,
    attach(kernel) {
      const injector = new Injector(kernel, faults, { network, actions: faultActions({ config, network: cluster }), events: clusterEvents() });
      if (!config.gateway) return;
      kernel.spawn(faultDesk(kernel, (order) => ('begin' in order ? injector.add(order.begin) : injector.remove(order.end))));
    },
  };
}
