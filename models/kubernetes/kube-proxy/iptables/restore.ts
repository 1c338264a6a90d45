/**
 * The input that kube-proxy gives to `iptables-restore --noflush --counters`, for full and partial syncs.
 *
 * A line `:CHAIN - [0:0]` declares and empties a chain. A partial sync rewrites the shared chains and, of the service
 * ports' own chains, only those of Services that changed; the kernel keeps the others.
 * Upstream: pkg/proxy/iptables/proxier.go (syncProxyRules).
 */
import { STATISTIC_RANGE } from '../../api/netfilter.ts';
import type { IptablesRule, IptablesServicePort, IptablesTarget, Test } from '../../api/netfilter.ts';
import type { NodeProfile } from '../config.ts';
import { firewallRules, forwardRules, markMasqueradeRules, nodePortTailRules, postroutingRules } from './frame.ts';
import { MARK_MASQUERADE_CHAIN } from './service-port-rules.ts';

function hex8(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function test(flag: string, value: Test | undefined): string[] {
  if (value === undefined) return [];
  return value.inverted === true ? ['!', flag, value.text] : [flag, value.text];
}

function targetText(target: IptablesTarget): string[] {
  switch (target.kind) {
    case 'jump':
      return ['-j', target.chain];
    case 'mark':
      return ['-j', 'MARK', `--${target.operation}-mark`, hex8(target.value)];
    case 'masquerade':
      return ['-j', 'MASQUERADE', ...(target.randomFully ? ['--random-fully'] : [])];
    case 'dnat': {
      const ip = target.ip.includes(':') ? `[${target.ip}]` : target.ip;
      return ['-j', 'DNAT', '--to-destination', `${ip}:${target.port}`];
    }
    case 'redirect':
      return ['-j', 'REDIRECT', '--to-ports', String(target.port)];
    default:
      return ['-j', target.kind.toUpperCase()];
  }
}

/** `1/n` of a statistic match is written with ten decimals; n is the nearest whole number of the kept probability. */
function probability(statistic: number): string {
  return (1 / Math.round(STATISTIC_RANGE / statistic)).toFixed(10);
}

/** One rule as kube-proxy writes it, from `-A`. */
function restoreRule(chain: string, rule: IptablesRule): string {
  const words = ['-A', chain];
  if (rule.comment !== undefined) {
    const text = rule.comment.includes(' ') ? `"${rule.comment}"` : rule.comment;
    words.push('-m', 'comment', '--comment', text);
  }
  if (rule.destinationLocal === true) words.push('-m', 'addrtype', '--dst-type', 'LOCAL');
  if (rule.sourceLocal === true) words.push('-m', 'addrtype', '--src-type', 'LOCAL');
  if (rule.recent !== undefined) {
    const { recent } = rule;
    words.push('-m', 'recent', '--name', recent.name);
    words.push(...('set' in recent ? ['--set'] : ['--rcheck', '--seconds', String(recent.seconds), '--reap']));
  }
  if (rule.protocol !== undefined) words.push('-m', rule.protocol, '-p', rule.protocol);
  words.push(...test('-d', rule.destination));
  if (rule.destinationPort !== undefined) words.push('--dport', String(rule.destinationPort));
  words.push(...test('-s', rule.source), ...test('-i', rule.inInterface));
  if (rule.mark !== undefined) {
    const mark = hex8(rule.mark.value);
    words.push('-m', 'mark', ...(rule.mark.inverted === true ? ['!'] : []), '--mark', `${mark}/${mark}`);
  }
  if (rule.conntrack !== undefined) {
    const { states, inverted } = rule.conntrack;
    words.push('-m', 'conntrack', ...(inverted === true ? ['!'] : []), '--ctstate', states.join(','));
  }
  if (rule.nfacct !== undefined) words.push('-m', 'nfacct', '--nfacct-name', rule.nfacct);
  if (rule.statistic !== undefined) {
    words.push('-m', 'statistic', '--mode', 'random', '--probability', probability(rule.statistic));
  }
  if (rule.target !== undefined) words.push(...targetText(rule.target));
  return words.join(' ');
}

function rules(chain: string, list: readonly IptablesRule[]): string[] {
  return list.map((rule) => restoreRule(chain, rule));
}

function filterLines(profile: NodeProfile, blocks: readonly IptablesServicePort[]): string[] {
  const firewall = firewallRules(profile);
  const names = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'];
  if (firewall.length > 0) names.push('KUBE-FIREWALL');
  return [
    '*filter',
    ...names.map((name) => `:${name} - [0:0]`),
    ...rules('KUBE-FIREWALL', firewall),
    ...blocks.flatMap((block) => [
      ...rules('KUBE-SERVICES', block.filterServices),
      ...rules('KUBE-PROXY-FIREWALL', block.filterProxyFirewall),
      ...rules('KUBE-EXTERNAL-SERVICES', block.filterExternalServices),
      ...rules('KUBE-NODEPORTS', block.filterNodePorts),
    ]),
    ...rules('KUBE-FORWARD', forwardRules(profile)),
    'COMMIT',
  ];
}

/** The rules of a block's own chains in the order of writing: the internal masquerade rule comes before all others. */
function chainLines(block: IptablesServicePort): string[] {
  const first: string[] = [];
  const rest: string[] = [];
  for (const chain of block.chains) {
    const isPolicy = chain.name.startsWith('KUBE-SVC-') || chain.name.startsWith('KUBE-SVL-');
    for (const rule of chain.rules) {
      const isMasquerade = rule.target?.kind === 'jump' && rule.target.chain === MARK_MASQUERADE_CHAIN;
      (isPolicy && isMasquerade ? first : rest).push(restoreRule(chain.name, rule));
    }
  }
  return [...first, ...rest];
}

/** Name of the Service that a block belongs to. */
function serviceOf(block: IptablesServicePort): string {
  return block.name.split(':')[0] as string;
}

/**
 * The whole restore input. `updated` are the Services whose chains are rewritten (undefined: all of them, a full sync);
 * `stale` are names of chains to delete.
 */
export function restoreInput(
  profile: NodeProfile,
  blocks: readonly IptablesServicePort[],
  updated: ReadonlySet<string> | undefined,
  stale: readonly string[] = [],
): string {
  const written = updated === undefined ? blocks : blocks.filter((block) => updated.has(serviceOf(block)));
  const isWritten = new Set(written);
  const names = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', MARK_MASQUERADE_CHAIN];
  names.push(...written.flatMap((block) => block.chains.map((chain) => chain.name)), ...stale);
  const lines = [
    ...filterLines(profile, blocks),
    '*nat',
    ...names.map((name) => `:${name} - [0:0]`),
    ...rules('KUBE-POSTROUTING', postroutingRules(profile)),
    ...rules(MARK_MASQUERADE_CHAIN, markMasqueradeRules(profile)),
    ...blocks.flatMap((block) => [
      ...rules('KUBE-SERVICES', block.natServices),
      ...rules('KUBE-NODEPORTS', block.natNodePorts),
      ...(isWritten.has(block) ? chainLines(block) : []),
    ]),
    ...stale.map((name) => `-X ${name}`),
    ...rules('KUBE-SERVICES', nodePortTailRules(profile)),
    'COMMIT',
  ];
  return `${lines.join('\n')}\n`;
}
