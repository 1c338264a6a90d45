/**
 * What a proxier hands to its node's kernel, and the listings that people read, in each proxy mode.
 *
 * This is the only place that knows all modes; everything before it works on blocks without knowing what is in them.
 */
import type { NodeRules, ServicePortTable } from '../api/net.ts';
import type { IptablesServicePort, IpvsServicePort, NftServicePort, UserspaceServicePort } from '../api/netfilter.ts';
import { saveTable } from '../api/iptables-save.ts';
import { BlockCache } from './block-cache.ts';
import type { NodeProfile, ProxyMode } from './config.ts';
import { filterTable, firewallRules, forwardRules, natTable, nodePortTailRules } from './iptables/frame.ts';
import { servicePortRules } from './iptables/service-port-rules.ts';
import { listVirtualServers, natRules, saveSets } from './ipvs/list.ts';
import { ipvsServicePort } from './ipvs/service-port-rules.ts';
import { listTable, nodePortIPs } from './nftables/list.ts';
import { nftServicePort } from './nftables/service-port-rules.ts';
import { saveUserspaceTables } from './userspace/list.ts';
import { userspaceServicePort } from './userspace/service-port-rules.ts';
import { NEW } from '../object/new.ts';

/** A block of any mode. */
export type AnyBlock = IptablesServicePort | NftServicePort | IpvsServicePort | UserspaceServicePort;

/** The cache that all proxiers of one mode share. */
export function blockCache(mode: ProxyMode): BlockCache<AnyBlock> {
  switch (mode) {
    case 'iptables':
      return new BlockCache<AnyBlock>(servicePortRules);
    case 'nftables':
      return new BlockCache<AnyBlock>(nftServicePort);
    case 'ipvs':
      return new BlockCache<AnyBlock>(ipvsServicePort);
    case 'userspace':
      return new BlockCache<AnyBlock>(userspaceServicePort);
  }
}

/** The rules of a node. `table` must have been made with {@link blockCache} of the profile's mode. */
export function nodeRules(profile: NodeProfile, table: ServicePortTable<AnyBlock>): NodeRules {
  const frame = { family: profile.family, masqueradeMark: profile.masqueradeMark };
  switch (profile.mode) {
    case 'iptables':
      return {
        ...NEW,
        ...frame,
        mode: 'iptables',
        nodePortTail: nodePortTailRules(profile),
        firewall: firewallRules(profile),
        forward: forwardRules(profile),
        table: table as ServicePortTable<IptablesServicePort>,
      };
    case 'nftables':
      return {
        ...NEW,
        ...frame,
        mode: 'nftables',
        nodePortIPs: nodePortIPs(profile),
        table: table as ServicePortTable<NftServicePort>,
      };
    case 'ipvs':
      return {
        ...NEW,
        ...frame,
        mode: 'ipvs',
        masqueradeAll: profile.masqueradeAll,
        localCIDR: profile.detector?.kind === 'source' ? profile.detector.cidr : undefined,
        table: table as ServicePortTable<IpvsServicePort>,
      };
    case 'userspace':
      return { ...frame, mode: 'userspace', table: table as ServicePortTable<UserspaceServicePort> };
  }
}

/** The rules as the mode's own tool lists them: iptables-save, nft, or ipvsadm with ipset and iptables. */
export function listRules(profile: NodeProfile, blocks: readonly AnyBlock[]): string[] {
  switch (profile.mode) {
    case 'iptables': {
      const own = blocks as readonly IptablesServicePort[];
      return [
        ...saveTable(natTable(profile, own), profile.family),
        ...saveTable(filterTable(profile, own), profile.family),
      ];
    }
    case 'nftables':
      return listTable(profile, blocks as readonly NftServicePort[]);
    case 'ipvs': {
      const own = blocks as readonly IpvsServicePort[];
      return [...listVirtualServers(own), ...saveSets(profile, own), ...natRules(profile, own)];
    }
    case 'userspace':
      return saveUserspaceTables(blocks as readonly UserspaceServicePort[], profile.family);
  }
}
