/**
 * A node's container runtime as an actor: CRI calls in, answers and events out.
 *
 * What survives a crash of this actor is what survives a reboot of the node. A kubelet that stops leaves it alone, so
 * containers keep running then.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { CriDoubt, CriEvent, CriMethod, CriRequest, CriResponse, CriUsage, SystemOom } from '../api/cri.ts';
import type { NodeOperation } from '../api/node-operation.ts';
import { type Process, processBehavior, type Task } from '../client/process.ts';
import type { ContainerRuntimeOptions } from './options.ts';
import { operate } from './operate.ts';
import { RuntimeService, type Surviving } from './runtime-service.ts';
import { StreamingServer } from './streaming-server.ts';

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
  const service = new RuntimeService(process, options, kept, {
    changed: (podUid, containerId, type) => process.send(kubelet, { kind: 'cri.event', podUid, containerId, type } as CriEvent),
    usageChanged: () => process.send(kubelet, { kind: 'cri.usage' } as CriUsage),
    outOfMemory: (name, pid) => process.send(kubelet, { kind: 'node.oom', process: name, pid } as SystemOom),
  });
  /** While the runtime is stalled: what it would have taken up and said. */
  let stalled: (() => void)[] | undefined;
  const whenWell = (work: () => void): void => {
    if (stalled === undefined) work();
    else stalled.push(work);
  };
  process.on<CriRequest>('cri.request', (request) => {
    const { from } = process;
    whenWell(() => process.go(serve(service, request, (response) => whenWell(() => process.send(from, response)))));
  });
  process.on<NodeOperation>('node.operation', (operation) => {
    if (operation.operation === 'stall') stalled ??= [];
    if (operation.operation === 'unstall') {
      const waiting = stalled ?? [];
      stalled = undefined;
      for (const work of waiting) work();
    }
    if (operate(service, operation)) process.send(kubelet, { kind: 'cri.doubt' } as CriDoubt);
  });
  new StreamingServer(process, service, options.epoch).start();
  return service;
}

function* serve<M extends CriMethod>(service: RuntimeService, request: CriRequest<M>, answer: (response: CriResponse<M>) => void): Task {
  const outcome = yield* service.call(request.method, request.params);
  const { id } = request;
  answer('error' in outcome ? { kind: 'cri.response', id, ok: false, error: outcome.error } : { kind: 'cri.response', id, ok: true, result: outcome.result });
}
