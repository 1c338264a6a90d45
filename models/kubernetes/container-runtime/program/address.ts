/**
 * From a name to an address, as a C library does it: literal, /etc/hosts, then the servers of /etc/resolv.conf.
 */
import { parseIP } from '../../object/ip.ts';
import type { System } from '../process/system.ts';
import type { Step } from '../process/wait.ts';

/** resolv.conf(5): 5 s an attempt, two attempts. */
const ANSWER_TIMEOUT_US = 10_000_000;

export interface Resolver {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly ndots: number;
}

/** Reads /etc/resolv.conf. */
export function resolverOf(system: System): Resolver {
  const servers: string[] = [];
  let search: string[] = [];
  let ndots = 1;
  for (const line of (system.files.read('/etc/resolv.conf') ?? '').split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/);
    if (keyword === 'nameserver' && values[0] !== undefined) servers.push(values[0]);
    else if (keyword === 'search') search = values;
    else if (keyword === 'options') ndots = Number(/^ndots:(\d+)$/.exec(values.find((value) => value.startsWith('ndots:')) ?? '')?.[1] ?? ndots);
  }
  return { servers, search, ndots };
}

/** Addresses of a name. Empty: no such name. Undefined: no server answered. */
export function* lookUp(system: System, name: string): Step<readonly string[] | undefined> {
  if (parseIP(name) !== undefined) return [name];
  for (const line of (system.files.read('/etc/hosts') ?? '').split('\n')) {
    const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (ip !== undefined && names.includes(name)) return [ip];
  }
  if (name === 'localhost') return ['127.0.0.1'];
  const { servers, search, ndots } = resolverOf(system);
  if (servers.length === 0) return undefined;
  return yield* system.resolve(name, servers, search, ndots, system.nowUs + ANSWER_TIMEOUT_US);
}
