/**
 * Makes each service port's block once and shares it between all nodes for which it is the same.
 *
 * A block depends on the service port, its endpoint list and the node's profile. Of the profile, most Services only see
 * what all nodes have in common; a Service with a Local policy sees which endpoints are local, one with hints sees the
 * zone, one with source ranges whether the node's address is inside. Exactly that goes into the key, so equal keys mean
 * equal blocks. Memory for a version of a Service is released with the version (weak keys).
 */
import type { NodeProfile } from './config.ts';
import { endpointsOnNode } from './endpoint-slice-cache.ts';
import type { EndpointList } from './endpoint-slice-cache.ts';
import { nodeInSourceRanges } from './iptables/service-port-rules.ts';
import type { ServicePort } from './service-port.ts';
import { categorizeEndpoints } from './topology.ts';
import type { EndpointCategories } from './topology.ts';

/** Makes the block of one service port in one proxy mode. */
export type BlockMaker<Block> = (
  port: ServicePort,
  categories: EndpointCategories,
  profile: NodeProfile,
  comments: boolean,
) => Block;

/** The part of the node's identity that this service port's rules depend on. */
function nodeKey(port: ServicePort, list: EndpointList, profile: NodeProfile): string {
  let key = '';
  if (list.replacements.length > 0) key += `name ${profile.hostname};`;
  if (list.hinted) key += `zone ${profile.zone};`;
  // In ipvs mode local endpoints are also listed for hairpin traffic.
  if (port.usesLocalEndpoints || profile.mode === 'ipvs') {
    for (const endpoint of list.endpoints) {
      if (endpoint.nodeName === profile.hostname && endpoint.nodeName !== '') key += `local ${endpoint.endpoint};`;
    }
  }
  if (port.loadBalancerSourceRanges.length > 0)
    key += nodeInSourceRanges(port, profile.nodeIP) ? 'inside;' : 'outside;';
  if (profile.mode === 'userspace') key += `node ${profile.nodeIP};`;
  if (profile.mode === 'ipvs') {
    const own = profile.interfaceAddresses;
    const isBound = [...port.externalIPs, ...port.loadBalancerVIPs].some((ip) => own.includes(ip));
    if (port.nodePort !== 0 || isBound)
      key += `addresses ${own.join(',')} ${profile.nodePortAddresses.addresses.join(',')};`;
  }
  return key;
}

const ANY_ENDPOINT = { usesClusterEndpoints: true, usesLocalEndpoints: false };

/** How a service port's endpoints are used on a node. */
export function categoriesOn(port: ServicePort, list: EndpointList, profile: NodeProfile): EndpointCategories {
  const endpoints = endpointsOnNode(list, profile.hostname);
  // Userspace mode knows neither policies nor hints.
  if (profile.mode === 'userspace') return categorizeEndpoints(endpoints, ANY_ENDPOINT, profile.hostname, '');
  return categorizeEndpoints(endpoints, port, profile.hostname, profile.zone);
}

/** Blocks of one proxy mode, shared by all nodes of a cluster. */
export class BlockCache<Block> {
  readonly #make: BlockMaker<Block>;
  readonly #blocks = new WeakMap<EndpointList, WeakMap<ServicePort, Map<string, Block>>>();

  constructor(make: BlockMaker<Block>) {
    this.#make = make;
  }

  /** The block of a service port on a node. */
  get(port: ServicePort, list: EndpointList, profile: NodeProfile, comments: boolean): Block {
    let ofList = this.#blocks.get(list);
    if (ofList === undefined) this.#blocks.set(list, (ofList = new WeakMap()));
    let ofPort = ofList.get(port);
    if (ofPort === undefined) ofList.set(port, (ofPort = new Map()));
    const key = `${profile.sharingKey}|${comments ? '' : 'large'}|${nodeKey(port, list, profile)}`;
    let block = ofPort.get(key);
    if (block === undefined) {
      block = this.#make(port, categoriesOn(port, list, profile), profile, comments);
      ofPort.set(key, block);
    }
    return block;
  }
}
