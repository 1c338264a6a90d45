/**
 * Host ports in use on a node, and whether more of them fit.
 *
 * A port on the wildcard address conflicts with the same port on every address. Ports of init containers and sidecars
 * do not count, neither wanted nor used. Source: pkg/scheduler/framework/types.go (HostPortInfo), util/utils.go.
 */
import type { Pod } from '../../object/types.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const WILDCARD = '0.0.0.0';
const NONE: readonly HostPort[] = [];

/** The host ports of the regular containers, with defaults filled in. */
export const hostPortsOf = (pod: Pod): readonly HostPort[] => {
  let ports: HostPort[] | undefined;
  for (const container of pod.spec.containers) {
    if (container.ports === undefined) continue;
    for (const { hostPort, hostIP, protocol } of container.ports) {
      if (hostPort === undefined || hostPort <= 0) continue;
      (ports ??= []).push({ ip: hostIP || WILDCARD, protocol: protocol || 'TCP', port: hostPort });
    }
  }
  return ports ?? NONE;
};

const keyOf = (port: HostPort): string => `${port.protocol}/${port.port}`;

/** Ports in use: protocol and port to the addresses, each counted once however often it is added, as upstream's sets. */
export class HostPorts {
  /** Absent until the first port: most nodes have none, and each what-if question copies a node. */
  #byPort: Map<string, Set<string>> | undefined = undefined;

  get size(): number {
    return this.#byPort?.size ?? 0;
  }

  add(port: HostPort): void {
    const byPort = (this.#byPort ??= new Map());
    const key = keyOf(port);
    const ips = byPort.get(key);
    if (ips === undefined) byPort.set(key, new Set([port.ip]));
    else ips.add(port.ip);
  }

  remove(port: HostPort): void {
    const key = keyOf(port);
    const ips = this.#byPort?.get(key);
    if (ips === undefined) return;
    ips.delete(port.ip);
    if (ips.size === 0) this.#byPort?.delete(key);
  }

  conflicts(port: HostPort): boolean {
    const ips = this.#byPort?.get(keyOf(port));
    if (ips === undefined) return false;
    return port.ip === WILDCARD || ips.has(WILDCARD) || ips.has(port.ip);
  }

  copy(): HostPorts {
    const copy = new HostPorts();
    for (const [key, ips] of this.#byPort ?? []) (copy.#byPort ??= new Map()).set(key, new Set(ips));
    return copy;
  }
}
