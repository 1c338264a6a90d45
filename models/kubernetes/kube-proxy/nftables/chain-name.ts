/**
 * Names of chains and sets in the nftables table: readable, made unique by a hash, and short enough for the kernel.
 * Upstream: pkg/proxy/nftables/proxier.go (hashAndTruncate, servicePortChainNameBase).
 */
import { base32, sha256 } from '../../object/hash.ts';
import type { EndpointInfo } from '../endpoint-slice-cache.ts';
import type { ServicePort } from '../service-port.ts';

const HASH_LENGTH = 8;
/** knftables.NameLengthMax (256) less the longest prefix (16). */
const BASE_LENGTH_MAX = 240;

function hashAndTruncate(text: string): string {
  const name = `${base32(sha256(text)).slice(0, HASH_LENGTH)}-${text}`;
  return name.length > BASE_LENGTH_MAX ? `${name.slice(0, BASE_LENGTH_MAX - 3)}...` : name;
}

function servicePath(port: ServicePort): string {
  return `${port.namespace}/${port.service}/${port.protocol.toLowerCase()}/${port.portName}`;
}

/** What follows the prefix in names of a service port's chains. */
export function servicePortNameBase(port: ServicePort): string {
  return hashAndTruncate(servicePath(port));
}

/** What follows the prefix in names of an endpoint's chain and affinity set. */
export function endpointNameBase(port: ServicePort, endpoint: Pick<EndpointInfo, 'ip' | 'port'>): string {
  return hashAndTruncate(`${servicePath(port)}__${endpoint.ip.replaceAll(':', '.')}/${endpoint.port}`);
}
