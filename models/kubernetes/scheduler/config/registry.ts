/**
 * Plugins by name: how each in-tree plugin is made from its arguments, and the points at which it stands.
 *
 * The points are written out for in-tree plugins because upstream's say more than this implementation has methods for
 * (a plugin may stand at PreScore here only to prepare its own data). Users' plugins stand wherever they have a method.
 *
 * Source: pkg/scheduler/framework/plugins/registry.go.
 */
import type { Plugin } from '../framework/plugin.ts';
import { balancedAllocation, type BalancedAllocationArgs } from '../plugins/balanced-allocation.ts';
import { defaultBinder, prioritySort } from '../plugins/cornerstone.ts';
import { defaultPreemption, type DefaultPreemptionArgs } from '../plugins/default-preemption.ts';
import { imageLocality } from '../plugins/image-locality.ts';
import { interPodAffinity, type InterPodAffinityArgs } from '../plugins/inter-pod-affinity.ts';
import { nodeAffinity, type NodeAffinityArgs } from '../plugins/node-affinity.ts';
import { nodeName } from '../plugins/node-name.ts';
import { nodePorts } from '../plugins/node-ports.ts';
import { nodeResourcesFit, type NodeResourcesFitArgs } from '../plugins/node-resources-fit.ts';
import { nodeUnschedulable } from '../plugins/node-unschedulable.ts';
import { nodeVolumeLimits } from '../plugins/node-volume-limits.ts';
import { podTopologySpread, type PodTopologySpreadArgs } from '../plugins/pod-topology-spread.ts';
import { schedulingGates } from '../plugins/scheduling-gates.ts';
import { taintToleration } from '../plugins/taint-toleration.ts';
import { volumeBinding, type VolumeBindingArgs } from '../plugins/volume-binding.ts';
import { volumeRestrictions } from '../plugins/volume-restrictions.ts';
import { volumeZone } from '../plugins/volume-zone.ts';
import type { ExtensionPoint } from './configuration.ts';

/** Makes a plugin from the `args` of its pluginConfig entry. */
export type PluginFactory = (args: unknown) => Plugin;

export type Registry = ReadonlyMap<string, PluginFactory>;

const typed =
  <A>(make: (args: A) => Plugin): PluginFactory =>
  (args) =>
    make((args ?? {}) as A);

/** All in-tree plugins. */
export const inTreeRegistry = (): Registry =>
  new Map<string, PluginFactory>([
    ['SchedulingGates', () => schedulingGates()],
    ['PrioritySort', () => prioritySort()],
    ['NodeUnschedulable', () => nodeUnschedulable() as Plugin],
    ['NodeName', () => nodeName()],
    ['TaintToleration', () => taintToleration() as Plugin],
    ['NodeAffinity', typed<NodeAffinityArgs>((args) => nodeAffinity(args) as Plugin)],
    ['NodePorts', () => nodePorts() as Plugin],
    ['NodeResourcesFit', typed<NodeResourcesFitArgs>((args) => nodeResourcesFit(args) as Plugin)],
    ['VolumeRestrictions', () => volumeRestrictions() as Plugin],
    ['NodeVolumeLimits', () => nodeVolumeLimits() as Plugin],
    ['VolumeBinding', typed<VolumeBindingArgs>((args) => volumeBinding(args) as Plugin)],
    ['VolumeZone', () => volumeZone() as Plugin],
    ['PodTopologySpread', typed<PodTopologySpreadArgs>((args) => podTopologySpread(args) as Plugin)],
    ['InterPodAffinity', typed<InterPodAffinityArgs>((args) => interPodAffinity(args) as Plugin)],
    ['DefaultPreemption', typed<DefaultPreemptionArgs>(defaultPreemption)],
    ['NodeResourcesBalancedAllocation', typed<BalancedAllocationArgs>((args) => balancedAllocation(args) as Plugin)],
    ['ImageLocality', () => imageLocality() as Plugin],
    ['DefaultBinder', () => defaultBinder()],
  ]);

/** Whether the plugin has something to do at the point. */
export const standsAt = (plugin: Plugin, point: ExtensionPoint): boolean => {
  switch (point) {
    case 'queueSort': return plugin.name === 'PrioritySort';
    case 'bind': return plugin.name === 'DefaultBinder' || plugin.bind !== undefined;
    default: return plugin[point] !== undefined;
  }
};
