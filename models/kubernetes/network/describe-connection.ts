/**
 * Connections as text: the way of one, hop by hop, and where many ended.
 */
import { joinHostPort } from '../object/ip.ts';
import type { Hop } from '../api/net.ts';
import type { ConnectOutcome } from './data-plane.ts';

/** One line a hop: the node, the place, the rule; places of one node stand under it. */
export function describeHops(hops: readonly Hop[]): string[] {
  const lines: string[] = [];
  let node: string | undefined;
  for (const hop of hops) {
    if (hop.node !== node) {
      node = hop.node;
      lines.push(node === '' ? 'outside' : node);
    }
    lines.push(`  ${hop.at.padEnd(26)} ${hop.rule}`);
  }
  return lines;
}

/** What became of a connection, in one sentence. */
export function describeOutcome(outcome: ConnectOutcome): string {
  const backend = joinHostPort(outcome.backendIP, outcome.backendPort);
  const { flow, verdict } = outcome;
  const target = `${flow.protocol} ${joinHostPort(flow.destinationIP, flow.destinationPort)}`;
  if (verdict === 'connected') {
    return `${target} is answered by ${backend} on ${outcome.backendNode || 'the outside'}, which sees the client as ${outcome.sourceSeen}`;
  }
  const what = { refused: 'refused', timeout: 'not answered', unreachable: 'unreachable', reset: 'closed' }[verdict];
  return `${target} is ${what} (last destination ${backend})`;
}

/** Where many connections ended: one line a backend (or failure), most frequent first. */
export function describeDistribution(outcomes: readonly ConnectOutcome[]): string[] {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const name =
      outcome.verdict === 'connected' ? joinHostPort(outcome.backendIP, outcome.backendPort) : outcome.verdict;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = [...counts].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : a > b ? 1 : 0) : y - x));
  return rows.map(([name, count]) => {
    return `${String(count).padStart(7)}  ${((100 * count) / outcomes.length).toFixed(1).padStart(5)} %  ${name}`;
  });
}
