/**
 * The name under which the kernel remembers the clients of an endpoint: the endpoint's chain in iptables mode (the list
 * of `-m recent`), its affinity set in nftables mode. The other modes keep affinity with the virtual server.
 */
import type { NodeProfile } from './config.ts';
import { endpointChainName } from './iptables/chain-name.ts';
import { endpointNameBase } from './nftables/chain-name.ts';
import type { ServicePort } from './service-port.ts';

/** `endpoint` is `ip:port`. */
export function affinityList(port: ServicePort, endpoint: string, profile: NodeProfile): string {
  if (profile.mode !== 'nftables') return endpointChainName(port, endpoint);
  const colon = endpoint.lastIndexOf(':');
  const ip = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  return `affinity-${endpointNameBase(port, { ip, port: Number(endpoint.slice(colon + 1)) })}`;
}
