/** `iptables-save` text of userspace mode. Upstream: pkg/proxy/userspace/proxier.go of v1.25 (iptablesInit). */
import type { IptablesChain, UserspaceServicePort } from '../../api/netfilter.ts';
import { saveTable } from '../../api/iptables-save.ts';
import type { IPFamily } from '../../object/ip.ts';

const PORTALS = 'handle ClusterIPs; NOTE: this must be before the NodePort rules';
const NODE_PORTS = 'handle service NodePorts; NOTE: this must be the last rule in the chain';

function hook(name: string, portals: string, nodePorts: string): IptablesChain {
  return {
    name,
    rules: [
      { comment: PORTALS, target: { kind: 'jump', chain: portals } },
      { comment: NODE_PORTS, destinationLocal: true, target: { kind: 'jump', chain: nodePorts } },
    ],
  };
}

/** The nat and filter tables, one after the other. */
export function saveUserspaceTables(blocks: readonly UserspaceServicePort[], family: IPFamily): string[] {
  const nat = saveTable(
    {
      name: 'nat',
      builtin: [
        hook('PREROUTING', 'KUBE-PORTALS-CONTAINER', 'KUBE-NODEPORT-CONTAINER'),
        { name: 'INPUT', rules: [] },
        hook('OUTPUT', 'KUBE-PORTALS-HOST', 'KUBE-NODEPORT-HOST'),
        { name: 'POSTROUTING', rules: [] },
      ],
      chains: [
        { name: 'KUBE-NODEPORT-CONTAINER', rules: blocks.flatMap((block) => block.nodePortContainer) },
        { name: 'KUBE-NODEPORT-HOST', rules: blocks.flatMap((block) => block.nodePortHost) },
        { name: 'KUBE-PORTALS-CONTAINER', rules: blocks.flatMap((block) => block.portalsContainer) },
        { name: 'KUBE-PORTALS-HOST', rules: blocks.flatMap((block) => block.portalsHost) },
      ],
    },
    family,
  );
  const nonLocal = {
    comment: 'Ensure that non-local NodePort traffic can flow',
    target: { kind: 'jump', chain: 'KUBE-NODEPORT-NON-LOCAL' },
  } as const;
  const filter = saveTable(
    {
      name: 'filter',
      builtin: [
        { name: 'INPUT', rules: [nonLocal] },
        { name: 'FORWARD', rules: [] },
        { name: 'OUTPUT', rules: [] },
      ],
      chains: [{ name: 'KUBE-NODEPORT-NON-LOCAL', rules: blocks.flatMap((block) => block.nodePortNonLocal) }],
    },
    family,
  );
  return [...nat, ...filter];
}
