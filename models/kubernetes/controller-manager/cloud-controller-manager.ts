/**
 * cloud-controller-manager: the control loops that know a cloud, in a process of their own, on a simulated cloud.
 *
 * Source: k8s.io/cloud-provider/app/controllermanager.go.
 */
import type { ActorSpec } from '../../../src/index.ts';
import { Client } from '../client/client.ts';
import { processBehavior, type Process } from '../client/process.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import { CloudProvider, type CloudOptions, type CloudState } from './cloud/cloud-provider.ts';
import { CloudNodeLifecycleController } from './cloud/node-lifecycle-controller.ts';
import { ServiceLBController } from './cloud/service-controller.ts';
import { ControllerContext } from './controller-context.ts';
import type { ControllerManagerState } from './controller-manager.ts';

export type { CloudMachine, CloudOptions } from './cloud/cloud-provider.ts';

export const CLOUD_CONTROLLER_MANAGER = 'cloud-controller-manager';

export interface CloudControllerManagerOptions extends CloudOptions {
  readonly servers: readonly string[];
  /** The cluster's epoch, ms. */
  readonly epoch: number;
}

/** The actor. What its cloud holds is kept when it crashes. */
export function cloudControllerManager(options: CloudControllerManagerOptions): ActorSpec {
  const behavior = processBehavior(
    (process, kept) => main(process, options, kept as CloudState | undefined),
    (process) => (process.exposed as { readonly cloud: CloudState }).cloud,
  );
  return { id: CLOUD_CONTROLLER_MANAGER, type: CLOUD_CONTROLLER_MANAGER, behavior };
}

function main(process: Process, options: CloudControllerManagerOptions, kept: CloudState | undefined): void {
  const { servers, epoch } = options;
  const user = { name: 'system:cloud-controller-manager', groups: ['system:authenticated'] };
  const client = new Client(process, { servers, user, userAgent: CLOUD_CONTROLLER_MANAGER });
  const factory = new SharedInformerFactory(process, client);
  const context = new ControllerContext(process, client, factory, { servers, epoch }, CLOUD_CONTROLLER_MANAGER);
  const cloud = new CloudProvider(process, options, kept);
  new ServiceLBController(context, cloud);
  new CloudNodeLifecycleController(context, cloud);
  factory.start();
  const state: ControllerManagerState & { readonly cloud: CloudState } = {
    counters: () => context.counters(),
    isIdle: () => context.isIdle,
    isLeader: true,
    cloud: cloud.state,
  };
  process.exposed = state;
}
