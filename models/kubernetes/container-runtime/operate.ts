/**
 * Carries out what faults and people do to a node's containers and machine (`api/node-operation.ts`).
 */
import type { NodeOperation } from '../api/node-operation.ts';
import type { Container } from './container.ts';
import type { RuntimeService } from './runtime-service.ts';

/** Containers of a pod that have processes: all, or the one of that name. */
function running(service: RuntimeService, pod: string, name: string | undefined): Container[] {
  return [...service.kept.containers.values()].filter(({ sandbox, config, scope }) => {
    const { namespace, name: podName } = sandbox.config.metadata;
    return scope !== undefined && `${namespace}/${podName}` === pod && (name === undefined || config.metadata.name === name);
  });
}

/** Answers whether the kubelet must look at the runtime's status. */
export function operate(service: RuntimeService, operation: NodeOperation): boolean {
  switch (operation.operation) {
    case 'signal':
      service.touch(() => {
        for (const { init } of running(service, operation.pod, operation.container)) if (init !== undefined) service.host.kill(init, operation.signal);
      });
      return false;
    case 'oom':
      service.touch(() => running(service, operation.pod, operation.container).forEach((container) => service.outOfMemory(container)));
      return false;
    case 'freeze':
    case 'thaw':
      service.touch(() => {
        for (const { scope } of running(service, operation.pod, operation.container)) if (scope !== undefined) service.host.freeze(scope, operation.operation === 'freeze');
      });
      return false;
    case 'kill-sandbox':
      service.killSandbox(operation.pod);
      return false;
    case 'status': {
      const { runtimeReady, networkReady } = operation;
      if (runtimeReady !== undefined) service.health.runtimeReady = runtimeReady;
      if (networkReady !== undefined) service.health.networkReady = networkReady;
      return true;
    }
    case 'use':
      service.machine.use(operation);
      return false;
    case 'stall':
    case 'unstall':
      return true;
  }
}
