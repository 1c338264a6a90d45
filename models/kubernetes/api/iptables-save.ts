/**
 * `iptables-save` text (iptables 1.8.9, nf_tables variant) without dates and counters.
 *
 * The tool prints addresses, interfaces and the protocol first and the matches in the order in which they were loaded.
 * Upstream: iptables' iptables-save.c and the save functions of its extensions.
 */
import { STATISTIC_RANGE } from './netfilter.ts';
import type { IptablesRule, IptablesTable, IptablesTarget, Test } from './netfilter.ts';
import type { IPFamily } from '../object/ip.ts';

function addressTest(flag: string, test: Test | undefined, family: IPFamily): string[] {
  if (test === undefined) return [];
  const text = test.text.includes('/') ? test.text : `${test.text}/${family === 'IPv4' ? 32 : 128}`;
  // An address test that every address passes is not kept by the kernel.
  if (text === '0.0.0.0/0' || text === '::/0') return [];
  return [...(test.inverted === true ? ['!'] : []), flag, text];
}

function conntrackMatch(rule: IptablesRule): string[] {
  if (rule.conntrack === undefined) return [];
  const { states, inverted } = rule.conntrack;
  return ['-m', 'conntrack', ...(inverted === true ? ['!'] : []), '--ctstate', states.join(',')];
}

function recentMatch(rule: IptablesRule, family: IPFamily): string[] {
  if (rule.recent === undefined) return [];
  const { recent } = rule;
  const action = 'set' in recent ? ['--set'] : ['--rcheck', '--seconds', String(recent.seconds), '--reap'];
  const mask = family === 'IPv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  return ['-m', 'recent', ...action, '--name', recent.name, '--mask', mask, '--rsource'];
}

function markHex(value: number): string {
  return `0x${value.toString(16)}`;
}

function targetText(target: IptablesTarget): string[] {
  switch (target.kind) {
    case 'jump':
      return ['-j', target.chain];
    case 'mark':
      return [
        '-j',
        'MARK',
        '--set-xmark',
        `${markHex(target.value)}/${target.operation === 'or' ? markHex(target.value) : '0x0'}`,
      ];
    case 'masquerade':
      return ['-j', 'MASQUERADE', ...(target.randomFully ? ['--random-fully'] : [])];
    case 'dnat': {
      const ip = target.ip.includes(':') ? `[${target.ip}]` : target.ip;
      return ['-j', 'DNAT', '--to-destination', `${ip}:${target.port}`];
    }
    case 'redirect':
      return ['-j', 'REDIRECT', '--to-ports', String(target.port)];
    case 'reject':
      return ['-j', 'REJECT', '--reject-with'];
    default:
      return ['-j', target.kind.toUpperCase()];
  }
}

/** One rule as `iptables-save` prints it, from `-A`. */
export function saveRule(chain: string, rule: IptablesRule, family: IPFamily): string {
  const words = ['-A', chain];
  words.push(...addressTest('-s', rule.source, family), ...addressTest('-d', rule.destination, family));
  if (rule.inInterface !== undefined) {
    words.push(...(rule.inInterface.inverted === true ? ['!'] : []), '-i', rule.inInterface.text);
  }
  if (rule.protocol !== undefined) words.push('-p', rule.protocol);
  if (rule.conntrackFirst === true) words.push(...conntrackMatch(rule));
  if (rule.comment !== undefined) words.push('-m', 'comment', '--comment', `"${rule.comment}"`);
  if (rule.sourceLocal === true) words.push('-m', 'addrtype', '--src-type', 'LOCAL');
  if (rule.destinationLocal === true) words.push('-m', 'addrtype', '--dst-type', 'LOCAL');
  words.push(...recentMatch(rule, family));
  if (rule.protocol !== undefined) words.push('-m', rule.protocol);
  if (rule.destinationPort !== undefined) words.push('--dport', String(rule.destinationPort));
  if (rule.mark !== undefined) {
    const mark = markHex(rule.mark.value);
    words.push('-m', 'mark', ...(rule.mark.inverted === true ? ['!'] : []), '--mark', `${mark}/${mark}`);
  }
  if (rule.conntrackFirst !== true) words.push(...conntrackMatch(rule));
  if (rule.nfacct !== undefined) words.push('-m', 'nfacct', '--nfacct-name', `${' '}${rule.nfacct}`);
  if (rule.statistic !== undefined) {
    const probability = (rule.statistic / STATISTIC_RANGE).toFixed(11);
    words.push('-m', 'statistic', '--mode', 'random', '--probability', probability);
  }
  if (rule.target !== undefined) words.push(...targetText(rule.target));
  if (rule.target?.kind === 'reject')
    words.push(family === 'IPv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable');
  return words.join(' ');
}

/** The lines of `iptables-save -t <table>`: built-in chains first, the others in the table's order. */
export function saveTable(table: IptablesTable, family: IPFamily): string[] {
  const all = [...table.builtin, ...table.chains];
  return [
    `*${table.name}`,
    ...table.builtin.map((chain) => `:${chain.name} ACCEPT`),
    ...table.chains.map((chain) => `:${chain.name} -`),
    ...all.flatMap((chain) => chain.rules.map((rule) => saveRule(chain.name, rule, family))),
    'COMMIT',
  ];
}
