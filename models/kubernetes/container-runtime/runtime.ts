/**
 * A node's container runtime as an actor: CRI calls in, answers and events out.
 *
 * What survives a crash of this actor is what survives a reboot of the node. A kubelet that stops leaves it alone, so
 * containers keep running then.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { CriEvent, CriMethod, CriRequest, CriResponse } from '../api/cri.ts';
import { type Process, processBehavior, type Task } from '../client/process.ts';
import type { ContainerRuntimeOptions } from './options.ts';
import { RuntimeService, type Surviving } from './runtime-service.ts';

interface WithService {
  service?: RuntimeService;
}

/** The actor `container-runtime/<node>`. */
export function containerRuntime(options: ContainerRuntimeOptions): ActorSpec {
  return {
    id: `container-runtime/${options.node}`,
    type: 'container-runtime',
    behavior: processBehavior(
      (process, kept) => {
        (process as Process & WithService).service = main(process, options, kept as Surviving | undefined);
      },
      (process) => (process as Process & WithService).service?.kept,
    ),
  };
}

function main(process: Process, options: ContainerRuntimeOptions, kept: Surviving | undefined): RuntimeService {
  const kubelet = `kubelet/${options.node}`;
  const service = new RuntimeService(process, options, kept, (podUid, containerId, type) => {
    const event: CriEvent = { kind: 'cri.event', podUid, containerId, type };
    process.send(kubelet, event);
  });
  process.on<CriRequest>('cri.request', (request) => process.go(serve(process, service, request, process.from)));
  return service;
}

function* serve<M extends CriMethod>(process: Process, service: RuntimeService, request: CriRequest<M>, from: string): Task {
  const outcome = yield* service.call(request.method, request.params);
  const { id } = request;
  const response: CriResponse<M> =
    'error' in outcome ? { kind: 'cri.response', id, ok: false, error: outcome.error } : { kind: 'cri.response', id, ok: true, result: outcome.result };
  process.send(from, response);
}
