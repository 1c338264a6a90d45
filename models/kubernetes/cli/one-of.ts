/** Options that take one of a few words, or a whole number. */
import { CliError } from '../../../src/cli/exit.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import type { TimingProfile } from '../cluster/timing.ts';

/** The value of an option. @throws CliError that says what it may be. */
export function oneOf(value: string, known: readonly string[], option: string): string {
  if (!known.includes(value)) throw new CliError(`${option} must be one of ${known.join(', ')}, not "${value}"`);
  return value;
}

/** A whole number within bounds. @throws CliError that says what it may be. */
export function wholeOf(text: string | number, [from, to]: readonly [number, number], option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < from || value > to) throw new CliError(`${option} must be a whole number from ${from} to ${to}, not "${text}"`);
  return value;
}

/** Reads `--nodes`. */
export const nodesOf = (text: string | number): number => wholeOf(text, [0, 10_000], '--nodes');

/** Reads `--api-servers`. */
export const apiServersOf = (text: string | number): number => wholeOf(text, [1, 9], '--api-servers');

/** Reads `--timing`. */
export const timingOf = (text: string): TimingProfile => oneOf(text, ['realistic', 'fast', 'zero'], '--timing') as TimingProfile;

/** Reads `--proxy-mode`. */
export const proxyModeOf = (text: string): ClusterConfig['proxyMode'] => oneOf(text, ['iptables', 'ipvs', 'nftables', 'userspace'], '--proxy-mode') as ClusterConfig['proxyMode'];
