/** Host name, DNS configuration and hosts file of a pod (network/dns/dns.go, kubelet_pods.go). */
import type { HostPort } from '../../api/net.ts';
import { isSidecar } from '../../object/resources.ts';
import type { Pod } from '../../object/types.ts';

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** dns.go: limits of a resolv.conf. */
const SERVERS_MAX = 3;
const SEARCHES_MAX = 32;
const SEARCH_CHARACTERS_MAX = 2048;
const HOSTNAME_MAX = 63;

export function hostnameOf(pod: Pod, domain: string): { readonly hostname: string; readonly fqdnDomain: string } {
  const hostname = pod.spec.hostname || pod.metadata.name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
  const fqdnDomain = pod.spec.subdomain ? `${pod.spec.subdomain}.${pod.metadata.namespace ?? ''}.svc.${domain}` : '';
  return { hostname, fqdnDomain };
}

/** The sandbox's port mappings: those of all its containers. A pod with the host's network has the ports as they are. */
export function hostPortsOf({ spec }: Pod): { readonly portMappings?: readonly HostPort[] } {
  if (spec.hostNetwork === true) return {};
  const portMappings = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostIP = '', hostPort = 0, containerPort, protocol = 'TCP' }) => (hostPort > 0 ? [{ hostIp: hostIP, hostPort, containerPort, protocol: protocol as HostPort['protocol'] }] : [])),
  );
  return portMappings.length === 0 ? {} : { portMappings };
}

/** The sandbox's DNS configuration, and events of type DNSConfigForming or MissingClusterDNS that it causes. */
export function dnsOf(pod: Pod, clusterDns: string | undefined, domain: string): { readonly dns: DnsConfig; readonly warnings: readonly { reason: string; message: string }[] } {
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const warnings: { reason: string; message: string }[] = [];
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  let dns: DnsConfig = { servers: [], searches: [], options: [] };
  if (policy !== 'None' && wantsCluster && clusterDns !== undefined) {
    const namespace = pod.metadata.namespace ?? '';
    dns = { servers: [clusterDns], searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain], options: ['ndots:5'] };
  } else if (wantsCluster) {
    const message = 'kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.';
    warnings.push({ reason: 'MissingClusterDNS', message });
  }
  const extra = pod.spec.dnsConfig;
  if (extra !== undefined) {
    const options = (extra.options ?? []).map(({ name, value }) => (value === undefined ? (name ?? '') : `${name ?? ''}:${value}`));
    const names = new Set(options.map((option) => option.split(':')[0]));
    dns = {
      servers: unique([...dns.servers, ...(extra.nameservers ?? [])]),
      searches: unique([...dns.searches, ...(extra.searches ?? [])]),
      options: [...dns.options.filter((option) => !names.has(option.split(':')[0])), ...options],
    };
  }
  return { dns: fit(dns, warnings), warnings };
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}

function fit(dns: DnsConfig, warnings: { reason: string; message: string }[]): DnsConfig {
  const servers = dns.servers.slice(0, SERVERS_MAX);
  if (servers.length < dns.servers.length) {
    const message = `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${servers.join(' ')}`;
    warnings.push({ reason: 'DNSConfigForming', message });
  }
  let searches = dns.searches.slice(0, SEARCHES_MAX);
  while (searches.join(' ').length > SEARCH_CHARACTERS_MAX) searches = searches.slice(0, -1);
  if (searches.length < dns.searches.length) {
    const message = `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${searches.join(' ')}`;
    warnings.push({ reason: 'DNSConfigForming', message });
  }
  return { servers, searches, options: dns.options };
}

/** /etc/hosts as the kubelet writes it at each start of a container. */
export function hostsFile(pod: Pod, ips: readonly string[], domain: string): string {
  const { hostname, fqdnDomain } = hostnameOf(pod, domain);
  let text =
    pod.spec.hostNetwork === true
      ? '# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n'
      : '# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n';
  if (pod.spec.hostNetwork !== true) {
    for (const ip of ips) text += fqdnDomain === '' ? `${ip}\t${hostname}\n` : `${ip}\t${hostname}.${fqdnDomain}\t${hostname}\n`;
  }
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length === 0) return text;
  text += '\n# Entries added by HostAliases.\n';
  for (const { ip, hostnames } of aliases) text += `${ip ?? ''}\t${(hostnames ?? []).join('\t')}\n`;
  return text;
}
