/**
 * Rules of nftables chains as nft 1.0.6 prints them. Upstream: nftables' expression.c and statement.c.
 */
import type { NftAction, NftRule } from './netfilter.ts';
import type { IPFamily } from '../object/ip.ts';

function actionText(action: NftAction): string {
  switch (action.kind) {
    case 'jump':
    case 'goto':
      return `${action.kind} ${action.chain}`;
    case 'numgen': {
      const targets = action.chains.map((chain, i) => `${i} : goto ${chain}`).join(', ');
      return `numgen random mod ${action.chains.length} vmap { ${targets} }`;
    }
    case 'update':
      return `update @${action.set}`;
    case 'dnat': {
      const ip = action.ip.includes(':') ? `[${action.ip}]` : action.ip;
      return `meta l4proto ${action.protocol} dnat to ${ip}:${action.port}`;
    }
    default:
      return action.kind;
  }
}

/** One rule as nft prints it, without indentation. */
export function nftRuleText(rule: NftRule, family: IPFamily): string {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const words: string[] = [];
  if (rule.destination !== undefined) {
    words.push(`${ip} daddr ${rule.destination.ip} ${rule.destination.protocol} dport ${rule.destination.port}`);
  }
  if (rule.source !== undefined) {
    const { ranges, inverted, isSet } = rule.source;
    const set = ranges.length === 1 && isSet !== true ? (ranges[0] as string) : `{ ${ranges.join(', ')} }`;
    words.push(`${ip} saddr ${inverted === true ? '!= ' : ''}${set}`);
  }
  if (rule.inInterface !== undefined) {
    words.push(`iifname ${rule.inInterface.inverted === true ? '!= ' : ''}"${rule.inInterface.text}"`);
  }
  if (rule.sourceSet !== undefined) words.push(`${ip} saddr @${rule.sourceSet}`);
  if (rule.sourceLocal === true) words.push('fib saddr type local');
  if (rule.text !== undefined) words.push(rule.text);
  if (rule.action !== undefined) {
    words.push(actionText(rule.action) + (rule.action.kind === 'update' ? ` { ${ip} saddr }` : ''));
  }
  if (rule.comment !== undefined) words.push(`comment "${rule.comment}"`);
  return words.join(' ');
}
