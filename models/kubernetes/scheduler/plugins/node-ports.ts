/**
 * NodePorts: refuses nodes where a wanted host port is taken. Source: pkg/scheduler/framework/plugins/nodeports.
 */
import type { Pod } from '../../object/types.ts';
import { ADD, DELETE } from '../framework/event.ts';
import { HostPorts, hostPortsOf } from '../framework/host-port.ts';
import type { Plugin } from '../framework/plugin.ts';
import { unschedulable } from '../framework/status.ts';

const NAME = 'NodePorts';
const REFUSED = unschedulable(NAME, "node(s) didn't have free ports for the requested pod ports");

export const nodePorts = (): Plugin<true> => ({
  name: NAME,
  preFilter: (cycle) => (cycle.pod.hostPorts.length === 0 ? { kind: 'skip' } : { kind: 'ok', own: true }),
  filter: (cycle, row) => {
    for (const port of cycle.pod.hostPorts) if (row.usedPorts.conflicts(port)) return REFUSED;
    return undefined;
  },
  filterClass: (cycle) => cycle.pod.hostPorts.map(({ ip, protocol, port }) => `${ip}/${protocol}/${port}`).join(),
  events: () => [
    {
      resource: 'Pod',
      action: DELETE,
      hint: (pod, old) => {
        if (!(old as Pod | undefined)?.spec.nodeName) return 'skip';
        const freed = new HostPorts();
        for (const port of hostPortsOf(old as Pod)) freed.add(port);
        return hostPortsOf(pod).some((port) => freed.conflicts(port)) ? 'queue' : 'skip';
      },
    },
    { resource: 'Node', action: ADD },
  ],
});
