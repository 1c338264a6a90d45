/**
 * Names of kube-proxy's iptables chains: a prefix and 16 characters of a hash over the service port (and endpoint).
 * The same names come out on every node and in every cluster. Upstream: pkg/proxy/iptables/proxier.go (portProtoHash,
 * servicePortEndpointChainName).
 */
import { base32, sha256 } from '../../object/hash.ts';
import type { ServicePort } from '../service-port.ts';

/** How many characters of the base32 text are kept. */
const HASH_LENGTH = 16;

function hash(text: string): string {
  return base32(sha256(text)).slice(0, HASH_LENGTH);
}

/** The hash shared by a service port's SVC, SVL, EXT and FW chains. */
export function servicePortHash(port: Pick<ServicePort, 'name' | 'protocol'>): string {
  return hash(port.name + port.protocol.toLowerCase());
}

/** `KUBE-SEP-…` of one endpoint (`ip:port`) of a service port. */
export function endpointChainName(port: Pick<ServicePort, 'name' | 'protocol'>, endpoint: string): string {
  return `KUBE-SEP-${hash(port.name + port.protocol.toLowerCase() + endpoint)}`;
}
