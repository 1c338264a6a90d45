/** Options that take one of a few words. */
import { CliError } from '../../../src/cli/exit.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import type { TimingProfile } from '../cluster/timing.ts';

/** The value of an option. @throws CliError that says what it may be. */
export function oneOf(value: string, known: readonly string[], option: string): string {
  if (!known.includes(value)) throw new CliError(`${option} must be one of ${known.join(', ')}, not "${value}"`);
  return value;
}

/** Reads `--timing`. */
export const timingOf = (text: string): TimingProfile => oneOf(text, ['realistic', 'fast', 'zero'], '--timing') as TimingProfile;

/** Reads `--proxy-mode`. */
export const proxyModeOf = (text: string): ClusterConfig['proxyMode'] => oneOf(text, ['iptables', 'ipvs', 'nftables', 'userspace'], '--proxy-mode') as ClusterConfig['proxyMode'];
