/**
 * The redirects of one service port in userspace mode (removed in v1.26): packets for its addresses go to a port on which
 * the kube-proxy process itself listens. They exist whether or not there are endpoints, because the process decides.
 * Only ready endpoints count; traffic policies, hints and source ranges are unknown to this mode.
 * Upstream: pkg/proxy/userspace/{proxier,port_allocator}.go of v1.25 and before.
 */
import type { IptablesRule, UserspaceServicePort } from '../../api/netfilter.ts';
import { fnv32a } from '../../object/hash.ts';
import type { NodeProfile } from '../config.ts';
import type { ServicePort } from '../service-port.ts';
import type { EndpointCategories } from '../topology.ts';

/** Linux' ip_local_port_range: where the kernel takes the proxy's own ports from. */
const FIRST_PROXY_PORT = 32768;
const PROXY_PORTS = 28232;

/** The port that the process listens on. The real one is any free port; here it follows from the name. */
function proxyPort(port: Pick<ServicePort, 'key'>): number {
  return FIRST_PROXY_PORT + (fnv32a(port.key) % PROXY_PORTS);
}

function toAddress(port: ServicePort, ip: string): IptablesRule {
  return {
    comment: port.name,
    protocol: port.protocol.toLowerCase() as 'tcp' | 'udp',
    destination: { text: ip },
    destinationPort: port.port,
  };
}

/** The block of one service port. */
export function userspaceServicePort(
  port: ServicePort,
  categories: EndpointCategories,
  profile: NodeProfile,
): UserspaceServicePort {
  const number = proxyPort(port);
  const redirect = { kind: 'redirect', port: number } as const;
  const toHost = { kind: 'dnat', ip: profile.nodeIP, port: number } as const;
  const external = [...port.externalIPs, ...port.loadBalancerVIPs];
  const protocol = port.protocol.toLowerCase() as 'tcp' | 'udp';
  const nodePort: IptablesRule = { comment: port.name, protocol, destinationPort: port.nodePort };
  const hasNodePort = port.nodePort !== 0;
  return {
    key: port.key,
    name: port.name,
    protocol: port.protocol,
    proxyPort: number,
    portalsContainer: [port.clusterIP, ...external].map((ip) => ({ ...toAddress(port, ip), target: redirect })),
    portalsHost: [
      { ...toAddress(port, port.clusterIP), target: toHost },
      ...external.map((ip) => ({ ...toAddress(port, ip), destinationLocal: true, target: toHost })),
    ],
    nodePortContainer: hasNodePort ? [{ ...nodePort, target: redirect }] : [],
    nodePortHost: hasNodePort ? [{ ...nodePort, target: toHost }] : [],
    nodePortNonLocal: hasNodePort
      ? [
          {
            comment: port.name,
            protocol,
            destinationPort: number,
            conntrack: { states: ['NEW'] },
            target: { kind: 'accept' },
          },
        ]
      : [],
    endpoints: categories.cluster
      .filter((endpoint) => endpoint.ready)
      .map((endpoint) => ({ ip: endpoint.ip, port: endpoint.port })),
    ...(port.affinitySeconds === undefined ? {} : { affinitySeconds: port.affinitySeconds }),
    portals: [port.clusterIP, ...external],
    port: port.port,
    nodePort: port.nodePort,
  };
}
