/**
 * Host ports: what the CNI plugin portmap puts into nat after kube-proxy's rules.
 *
 * A packet for a port of the node goes to the pod that has it. What comes from the loopback, or from the pod itself, could
 * not be answered across the translation, so it leaves with the node's address in the pod network.
 * Source: containernetworking/plugins, plugins/meta/portmap (CNI-HOSTPORT-DNAT, CNI-HOSTPORT-MASQ).
 */
import { joinHostPort } from '../../object/ip.ts';
import type { NodeKernel } from '../kernel.ts';
import type { Packet, Trace } from './packet.ts';

export function translateHostPort(kernel: NodeKernel, packet: Packet, trace: Trace): void {
  if (kernel.hostPorts.size === 0 || !kernel.isLocal(packet.destinationIP)) return;
  for (const [podIP, ports] of kernel.hostPorts) {
    const found = ports.find(({ hostIp, hostPort, protocol }) => hostPort === packet.destinationPort && protocol === packet.protocol && (isAny(hostIp) || hostIp === packet.destinationIP));
    if (found === undefined) continue;
    const destination = isAny(found.hostIp) ? '' : `-d ${found.hostIp}/32 `;
    const rule = `-p ${packet.protocol.toLowerCase()} ${destination}--dport ${found.hostPort} -j DNAT --to-destination ${joinHostPort(podIP, found.containerPort)}`;
    trace?.push({ node: kernel.name, at: 'nat CNI-HOSTPORT-DNAT', rule });
    const gateway = kernel.gateways.get(podIP.includes(':') ? 'IPv6' : 'IPv4');
    if ((packet.sourceIP.startsWith('127.') || packet.sourceIP === podIP) && gateway !== undefined) packet.sourceIP = gateway;
    packet.destinationIP = podIP;
    packet.destinationPort = found.containerPort;
    return;
  }
}

const isAny = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::';
