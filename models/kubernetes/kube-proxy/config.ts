/**
 * KubeProxyConfiguration: the settings that decide what the rules look like, with upstream's defaults.
 *
 * Everything that a rule may depend on besides Services and EndpointSlices is gathered into a `NodeProfile`, one per node
 * and address family. Two nodes with equal profiles get equal rules.
 * Upstream: pkg/proxy/apis/config/v1alpha1, cmd/kube-proxy/app/server_linux.go, pkg/proxy/util/{localdetector,nodeport_addresses}.go.
 */
import { cidrContains, formatIP, ipFamilyOf, parseCIDR, parseIP } from '../object/ip.ts';
import type { CIDR, IPFamily } from '../object/ip.ts';
import { NEW } from '../object/new.ts';

export type ProxyMode = 'iptables' | 'ipvs' | 'nftables' | 'userspace';

interface ModeSettings {
  readonly masqueradeBit?: number;
  readonly masqueradeAll?: boolean;
  readonly localhostNodePorts?: boolean;
  readonly syncPeriod?: string;
  readonly minSyncPeriod?: string;
}

/** The part of KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1) that the simulation reads. */
export interface KubeProxyConfiguration {
  readonly mode?: ProxyMode | '';
  readonly clusterCIDR?: string;
  readonly detectLocalMode?: 'ClusterCIDR' | 'NodeCIDR' | 'BridgeInterface' | 'InterfaceNamePrefix';
  readonly detectLocal?: { readonly bridgeInterface?: string; readonly interfaceNamePrefix?: string };
  readonly nodePortAddresses?: readonly string[];
  readonly iptables?: ModeSettings;
  readonly nftables?: ModeSettings;
  readonly ipvs?: {
    readonly scheduler?: string;
    readonly strictARP?: boolean;
    readonly excludeCIDRs?: readonly string[];
    readonly syncPeriod?: string;
    readonly minSyncPeriod?: string;
  };
}

/** What kube-proxy learns about its own node and kernel. */
export interface NodeFacts {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly podCIDRs?: readonly string[];
  /** Node IPs, at most one per family, as in the Node's status. */
  readonly addresses: readonly string[];
  /** Addresses of the node's interfaces without loopback; default: `addresses`. */
  readonly interfaceAddresses?: readonly string[];
  /** The kernel offers nfacct counters (default true). */
  readonly nfacct?: boolean;
  /** `iptables` knows `--random-fully` (1.6.2 and later; default true). */
  readonly randomFully?: boolean;
  /** sysctl nf_conntrack_tcp_be_liberal (default 0). */
  readonly tcpBeLiberal?: boolean;
}

/** How kube-proxy tells traffic of its own pods from the rest. Undefined when it cannot. */
type LocalDetector =
  | { readonly kind: 'source'; readonly cidr: string }
  | { readonly kind: 'interface'; readonly name: string };

/** Which addresses accept nodePorts. */
interface NodePortAddresses {
  readonly matchAll: boolean;
  readonly containsLoopback: boolean;
  /** Matching interface addresses, sorted; only when not `matchAll`. */
  readonly addresses: readonly string[];
}

/** Everything besides the API objects that one family's rules depend on. */
export interface NodeProfile {
  readonly mode: ProxyMode;
  readonly family: IPFamily;
  readonly hostname: string;
  readonly nodeIP: string;
  readonly zone: string;
  readonly detector?: LocalDetector;
  readonly masqueradeAll: boolean;
  readonly masqueradeMark: number;
  readonly nodePortAddresses: NodePortAddresses;
  readonly interfaceAddresses: readonly string[];
  readonly localhostNodePorts: boolean;
  readonly nfacct: boolean;
  readonly randomFully: boolean;
  readonly tcpBeLiberal: boolean;
  readonly ipvsScheduler: string;
  /** Names the parts of this profile that do not depend on which node it is; equal keys allow sharing blocks. */
  readonly sharingKey: string;
}

/** Default of `masqueradeBit` (v1alpha1 defaults: `ptr.To[int32](14)`). */
const MASQUERADE_BIT = 14;
/** v1.LabelTopologyZone. */
const ZONE_LABEL = 'topology.kubernetes.io/zone';

function firstCIDROfFamily(list: readonly string[], family: IPFamily): CIDR | undefined {
  for (const text of list) {
    const cidr = parseCIDR(text.trim());
    if (cidr !== undefined && cidr.family === family) return cidr;
  }
  return undefined;
}

function localDetector(config: KubeProxyConfiguration, node: NodeFacts, family: IPFamily): LocalDetector | undefined {
  switch (config.detectLocalMode ?? 'ClusterCIDR') {
    case 'BridgeInterface': {
      const name = config.detectLocal?.bridgeInterface ?? '';
      return name === '' ? undefined : { kind: 'interface', name };
    }
    case 'InterfaceNamePrefix': {
      const prefix = config.detectLocal?.interfaceNamePrefix ?? '';
      return prefix === '' ? undefined : { kind: 'interface', name: `${prefix}+` };
    }
    case 'NodeCIDR': {
      const cidr = firstCIDROfFamily(node.podCIDRs ?? [], family);
      return cidr === undefined ? undefined : { kind: 'source', cidr: cidr.text };
    }
    default: {
      const cidr = firstCIDROfFamily((config.clusterCIDR ?? '').split(','), family);
      return cidr === undefined ? undefined : { kind: 'source', cidr: cidr.text };
    }
  }
}

const LOOPBACK_BLOCK = parseCIDR('127.0.0.0/8') as CIDR;

/** Upstream's NewNodePortAddresses: CIDRs of the other family are ignored, and without any left all addresses match. */
function nodePortAddresses(
  texts: readonly string[],
  family: IPFamily,
  nodeIP: string,
  interfaceAddresses: readonly string[],
): NodePortAddresses {
  const length = family === 'IPv4' ? 32 : 128;
  const cidrs: CIDR[] = [];
  for (const text of texts) {
    const cidr = text === 'primary' ? parseCIDR(`${nodeIP}/${length}`) : parseCIDR(text);
    if (cidr !== undefined && cidr.family === family) cidrs.push(cidr);
  }
  if (cidrs.length === 0 || cidrs.some((cidr) => cidr.prefixLength === 0)) {
    return { matchAll: true, containsLoopback: true, addresses: [] };
  }
  const containsLoopback = cidrs.some(
    (cidr) => cidr.family === 'IPv4' && (cidrContains(LOOPBACK_BLOCK, cidr.words) || cidrContains(cidr, [0x7f000000])),
  );
  const candidates = [...interfaceAddresses, family === 'IPv4' ? '127.0.0.1' : '::1'];
  const matching = new Set<string>();
  for (const address of candidates) {
    const words = parseIP(address);
    if (words !== undefined && cidrs.some((cidr) => cidrContains(cidr, words))) matching.add(formatIP(words));
  }
  return { matchAll: false, containsLoopback, addresses: [...matching].sort() };
}

/** The profile of one node and family. */
export function nodeProfile(config: KubeProxyConfiguration, node: NodeFacts, family: IPFamily): NodeProfile {
  const mode = config.mode === undefined || config.mode === '' ? 'iptables' : config.mode;
  const settings: ModeSettings = (mode === 'nftables' ? config.nftables : config.iptables) ?? {};
  const ofFamily = (list: readonly string[]): string[] => list.filter((ip) => ipFamilyOf(ip) === family);
  const nodeIP = ofFamily(node.addresses)[0] ?? (family === 'IPv4' ? '127.0.0.1' : '::1');
  const interfaceAddresses = ofFamily(node.interfaceAddresses ?? node.addresses);
  const texts = config.nodePortAddresses ?? [];
  const selected = texts.length === 0 && mode === 'nftables' ? ['primary'] : texts;
  const ports = nodePortAddresses(selected, family, nodeIP, interfaceAddresses);
  const detector = localDetector(config, node, family);
  const localhostNodePorts =
    mode === 'iptables' && family === 'IPv4' && settings.localhostNodePorts !== false && ports.containsLoopback;
  const shared = {
    mode,
    family,
    masqueradeAll: settings.masqueradeAll === true,
    masqueradeMark: 2 ** (settings.masqueradeBit ?? MASQUERADE_BIT),
    localhostNodePorts,
    nfacct: node.nfacct !== false,
    randomFully: node.randomFully !== false,
    tcpBeLiberal: node.tcpBeLiberal === true,
    ipvsScheduler: config.ipvs?.scheduler || 'rr',
  };
  const detectorKey = detector === undefined ? '' : detector.kind === 'source' ? detector.cidr : detector.name;
  const flags = [shared.masqueradeAll, shared.localhostNodePorts, shared.nfacct].map(Number).join('');
  return {
    ...NEW,
    ...shared,
    hostname: node.name,
    nodeIP,
    zone: node.labels?.[ZONE_LABEL] ?? '',
    ...(detector === undefined ? {} : { detector }),
    nodePortAddresses: ports,
    interfaceAddresses,
    sharingKey: `${mode}|${family}|${flags}|${shared.masqueradeMark}|${shared.ipvsScheduler}|${detectorKey}`,
  };
}
