/**
 * A cluster of API servers alone, with a client that asks and waits for the answer.
 */
import type { Message } from '../../../../src/index.ts';
import type { ApiRequest, ApiResponse, Verb } from '../../api/message.ts';
import type { Process } from '../../client/process.ts';
import { GATEWAY, gatewayState } from '../gateway.ts';
import { createCluster, type Simulation, type SimulationOptions } from '../simulation.ts';

const COMPONENTS = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'] as const;
/** How long an answer may take, and how often the client looks, in µs of virtual time. */
const PATIENCE = 60_000_000;
const LOOK = 250_000;

export class ApiBench {
  readonly cluster: Simulation;
  private id = 1;

  constructor(options: SimulationOptions = {}) {
    this.cluster = createCluster({ seed: '1', nodes: 0, gateway: true, disable: [...COMPONENTS], ...options });
    this.cluster.runFor(2_000_000);
  }

  /** Sends a request; the path is `group/version/resource[/name[/subresource]]`, with an empty group for core. */
  send(verb: Verb, path: string, body?: unknown, more: Partial<ApiRequest> = {}): ApiResponse {
    const [group = '', version = '', resource = '', name, subresource] = path.split('/');
    const id = this.id++;
    const request = {
      kind: 'api.request',
      id,
      verb,
      group,
      version,
      resource,
      user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] },
      userAgent: 'test/1',
      ...(name ? { name } : {}),
      ...(subresource ? { subresource } : {}),
      ...(body === undefined ? {} : { body }),
      ...more,
    };
    this.cluster.kernel.input(GATEWAY, { kind: 'gateway.submit', request } as unknown as Message);
    for (let waited = 0; waited < PATIENCE; waited += LOOK) {
      this.cluster.runFor(LOOK);
      const state = gatewayState(this.cluster.kernel.state(GATEWAY) as Process);
      const answer = state?.outbox.find((message) => message.id === id && message.kind === 'api.response');
      if (answer !== undefined) return answer as ApiResponse;
    }
    throw new Error(`no answer to ${verb} ${path} within a minute`);
  }
}

/** The message of a Status. */
export const messageOf = ({ body }: ApiResponse): string => (body as { message?: string }).message ?? '';
