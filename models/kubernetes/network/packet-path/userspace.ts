/**
 * The userspace proxy's load balancer: strict round robin over a list that is shuffled whenever the set of endpoints
 * changes, with a sliding affinity by client address. It lives in the kube-proxy process of each node.
 * Upstream: pkg/proxy/userspace/roundrobin.go and proxysocket.go of v1.25 (endpointDialTimeouts).
 */
import { shuffled } from '../../../../src/random/shuffle.ts';
import { joinHostPort } from '../../object/ip.ts';
import type { IpvsRealServer, UserspaceServicePort } from '../../api/netfilter.ts';
import type { NodeKernel, UserspaceState } from '../kernel.ts';
import type { Environment } from './packet.ts';

/** How long each of the four attempts to reach a backend may take, in µs. */
export const DIAL_TIMEOUTS_US: readonly number[] = [250_000, 500_000, 1_000_000, 2_000_000];

function stateOf(block: UserspaceServicePort, kernel: NodeKernel, env: Environment): UserspaceState {
  const signature = block.endpoints.map((endpoint) => joinHostPort(endpoint.ip, endpoint.port)).join(' ');
  let state = kernel.userspace.get(block.key);
  if (state === undefined) {
    state = { endpoints: [], signature: '', index: 0, affinity: new Map() };
    kernel.userspace.set(block.key, state);
  }
  if (state.signature !== signature) {
    state.signature = signature;
    state.endpoints = shuffled(block.endpoints, (n) => env.choose('shuffle', n, block.name));
    state.index = 0;
  }
  return state;
}

/** The next endpoint for a client. `reset` forgets the client's affinity first (a dial has failed). */
export function nextEndpoint(
  block: UserspaceServicePort,
  client: string,
  reset: boolean,
  kernel: NodeKernel,
  env: Environment,
): IpvsRealServer | undefined {
  const state = stateOf(block, kernel, env);
  if (state.endpoints.length === 0) return undefined;
  const lasting = block.affinitySeconds;
  if (lasting !== undefined && !reset) {
    const kept = state.affinity.get(client);
    const endpoint = state.endpoints.find((e) => joinHostPort(e.ip, e.port) === kept?.endpoint);
    if (kept !== undefined && endpoint !== undefined && env.now - kept.lastUsed < lasting * 1_000_000) {
      state.affinity.set(client, { endpoint: kept.endpoint, lastUsed: env.now });
      return endpoint;
    }
  }
  const endpoint = state.endpoints[state.index] as IpvsRealServer;
  state.index = (state.index + 1) % state.endpoints.length;
  if (lasting !== undefined) {
    state.affinity.set(client, { endpoint: joinHostPort(endpoint.ip, endpoint.port), lastUsed: env.now });
  }
  return endpoint;
}
