/**
 * A node's containers seen from outside of the simulation: for tools and tests. Looking changes nothing.
 */
import type { LogQuery, PodSandboxMetadata } from '../api/cri.ts';
import type { Process } from '../client/process.ts';
import type { Container } from './container.ts';
import type { RuntimeService } from './runtime-service.ts';

/** One instance of a container that its runtime still has. */
export interface ContainerView {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  /** The restart that it is. */
  readonly attempt: number;
  readonly state: string;
  readonly createdUs: number;
  /** Its log, as `kubectl logs` prints it. */
  readonly log: (query: LogQuery) => string;
}

/** The containers of a runtime, given its actor's state, the newest first. */
export function containersOf(state: unknown, epochMs: number): readonly ContainerView[] {
  return keptBy(state)
    .map(({ status, sandbox, log }): ContainerView => {
      const { name, namespace, uid } = sandbox.config.metadata;
      const { metadata, state: shown, createdAt } = status;
      return { namespace, pod: name, podUid: uid, container: metadata.name, attempt: metadata.attempt, state: shown, createdUs: createdAt, log: (query) => log.read(query, epochMs) };
    })
    .sort((a, b) => b.createdUs - a.createdUs);
}

/** The pod of each container that runs, given the state of its runtime's actor, the oldest container first. */
export function podsOfRunning(state: unknown): readonly PodSandboxMetadata[] {
  return keptBy(state).flatMap(({ status, sandbox }) => (status.state === 'RUNNING' ? [sandbox.config.metadata] : []));
}

function keptBy(state: unknown): readonly Container[] {
  const { service } = (state ?? {}) as Partial<Process> & { readonly service?: RuntimeService };
  return [...(service?.kept.containers.values() ?? [])];
}
