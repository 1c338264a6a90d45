/**
 * What a scenario says about nodes: their kubelets' configuration, their machines and runtimes, the images' behaviour and the registry.
 *
 * Plain data under `config.scenario`, so it is in a log's header. `nodes` has what differs on single nodes, by name.
 *
 * @example
 * { runtime: 'cri-o', images: [{ image: 'shop', ports: [8080], startSeconds: 20 }], registry: [{ image: 'shop:2', fault: 'missing' }],
 *   kubelet: { shutdownGracePeriod: '30s' }, nodes: { 'node-2': { kubelet: { maxPods: 5 } } } }
 */
import type { ImageBehaviour } from '../container-runtime/image/behaviour.ts';
import type { RegistryRule } from '../container-runtime/image-store.ts';
import { planResourceManagers } from '../kubelet/cm/configuration.ts';
import type { MachineTopology } from '../kubelet/cm/machine.ts';
import { nodeResources } from '../kubelet/node/allocatable.ts';
import type { KubeletConfiguration } from '../kubelet/options.ts';
import type { ClusterConfig } from './config.ts';
import { nodesOf } from './node.ts';

/** A node's part of a scenario. Everything may be left out. */
export interface NodeScenario {
  /** `containerd` unless another one is asked for; it differs in ids, messages and reasons. */
  readonly runtime?: 'containerd' | 'cri-o' | 'docker';
  readonly kubelet?: KubeletConfiguration;
  /** How the CPUs and the memory of its capacity are laid out. */
  readonly machine?: MachineTopology;
  /** What images do instead of what is known about them. */
  readonly images?: readonly ImageBehaviour[];
  /** Faults and speed of the registry; the first entry that fits an image decides. */
  readonly registry?: readonly RegistryRule[];
}

/** Why a kubelet would not start with its configuration; undefined if all do. */
export function kubeletProblem(config: Pick<ClusterConfig, 'scenario' | 'nodes' | 'disable'>): string | undefined {
  if (config.disable.includes('kubelet')) return undefined;
  for (const template of nodesOf(config.nodes)) {
    const { name } = template.metadata;
    const { kubelet = {}, machine = {} } = nodeScenario(config, name);
    const plan = planResourceManagers(kubelet, machine, nodeResources(kubelet, template));
    if (typeof plan === 'string') return `the kubelet of ${name} does not start: ${plan}`;
  }
  return undefined;
}

/** The scenario of one node: what holds for all, then its own. */
export function nodeScenario({ scenario }: Pick<ClusterConfig, 'scenario'>, node: string): NodeScenario {
  const { nodes, ...shared } = scenario as NodeScenario & { readonly nodes?: Readonly<Record<string, NodeScenario>> };
  const own = nodes?.[node] ?? {};
  return {
    ...shared,
    ...own,
    kubelet: { ...shared.kubelet, ...own.kubelet },
    images: [...(own.images ?? []), ...(shared.images ?? [])],
    registry: [...(own.registry ?? []), ...(shared.registry ?? [])],
  };
}
