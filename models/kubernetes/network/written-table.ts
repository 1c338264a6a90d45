/**
 * A table of service ports from what a log of level `full` says about it, so that the network can be replayed alone.
 */
import type { NetRules, NodeRules, ServicePortTable, WrittenTable } from '../api/net.ts';
import type { Protocol } from '../api/netfilter.ts';

export class ReadTable<Block> implements ServicePortTable<Block> {
  private readonly written: WrittenTable<Block>;

  constructor(written: WrittenTable<Block>) {
    this.written = written;
  }

  byDestination(ip: string, protocol: Protocol, port: number): readonly Block[] {
    return this.written.ports.filter((each) => each.ips.includes(ip) && each.protocol === protocol && each.port === port).map(({ block }) => block);
  }

  byNodePort(protocol: Protocol, port: number): readonly Block[] {
    return this.written.ports.filter((each) => each.nodePort === port && each.protocol === protocol).map(({ block }) => block);
  }

  hasClusterIP(ip: string): boolean {
    return this.written.ports.some(({ clusterIP }) => clusterIP === ip);
  }

  acceptsExternal(ip: string, protocol: Protocol, port: number): boolean {
    return this.written.ports.some((each) => each.ips.includes(ip) && each.protocol === protocol && each.port === port && each.clusterIP !== ip && each.takesExternal);
  }

  healthCheck(port: number): number | undefined {
    return this.written.health[String(port)];
  }

  listing(): readonly string[] {
    return this.written.listing;
  }

  all(): readonly Block[] {
    return this.written.ports.map(({ block }) => block);
  }
}

/** A message of a log as the network receives it. */
export function readRules(message: NetRules): NetRules {
  const table = new ReadTable(message.rules.table as unknown as WrittenTable<never>);
  return { ...message, rules: { ...message.rules, table } as unknown as NodeRules };
}
