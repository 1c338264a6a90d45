/**
 * The table of control loops: names, whether they are on by default, and how to start them.
 *
 * Service account tokens come first, as upstream; the others follow in the order of this table (upstream: Go's map order).
 * Source: cmd/kube-controller-manager/names/controller_names.go, app/controllermanager.go (NewControllerDescriptors).
 */
import type { ControllerContext } from './controller-context.ts';
import { CronJobController } from './cronjob/cronjob-controller.ts';
import { DaemonSetsController } from './daemon/daemon-controller.ts';
import { DeploymentController } from './deployment/deployment-controller.ts';
import { RootCACertificatePublisher } from './certificates/root-ca-publisher.ts';
import { ServiceAccountsController } from './serviceaccount/serviceaccounts-controller.ts';
import { TokensController } from './serviceaccount/tokens-controller.ts';
import { DisruptionController } from './disruption/disruption-controller.ts';
import { EndpointsController } from './endpoint/endpoints-controller.ts';
import { EndpointSliceController } from './endpointslice/endpointslice-controller.ts';
import { EndpointSliceMirroringController } from './endpointslicemirroring/endpointslicemirroring-controller.ts';
import { GarbageCollector } from './garbagecollector/garbage-collector.ts';
import { JobController } from './job/job-controller.ts';
import { NamespaceController } from './namespace/namespace-controller.ts';
import { NodeLifecycleController } from './nodelifecycle/node-lifecycle-controller.ts';
import { PodGCController } from './podgc/gc-controller.ts';
import type { ControllerManagerOptions } from './options.ts';
import { REPLICA_SET, REPLICATION_CONTROLLER } from './replicaset/replica-set-kind.ts';
import { ReplicaSetController } from './replicaset/replica-set.ts';
import { ResourceQuotaController } from './resourcequota/resource-quota-controller.ts';
import { StatefulSetController } from './statefulset/stateful-set-controller.ts';
import { TaintEvictionController } from './tainteviction/taint-eviction.ts';
import { TTLAfterFinishedController } from './ttlafterfinished/ttlafterfinished-controller.ts';
import { BootstrapSigner } from './bootstrap/bootstrap-signer.ts';
import { TokenCleaner } from './bootstrap/token-cleaner.ts';
import { CSRApprovingController } from './certificates/approver.ts';
import { CSRCleanerController } from './certificates/cleaner.ts';
import { CSRSigningController } from './certificates/signer.ts';
import { ClusterRoleAggregationController } from './clusterroleaggregation/clusterroleaggregation-controller.ts';
import { HorizontalController } from './podautoscaler/horizontal.ts';
import { RangeAllocator } from './nodeipam/range-allocator.ts';
import { LegacySATokenCleaner } from './serviceaccount/legacy-serviceaccount-token-cleaner.ts';
import { TTLController } from './ttl/ttl-controller.ts';
import { ValidatingAdmissionPolicyStatusController } from './validatingadmissionpolicystatus/controller.ts';
import { AttachDetachController } from './volume/attachdetach/attach-detach-controller.ts';
import { EphemeralVolumeController } from './volume/ephemeral/ephemeral-volume-controller.ts';
import { ExpandController } from './volume/expand/expand-controller.ts';
import { PersistentVolumeController } from './volume/persistentvolume/pv-controller.ts';
import { PVCProtectionController } from './volume/pvcprotection/pvc-protection-controller.ts';
import { PVProtectionController } from './volume/pvprotection/pv-protection-controller.ts';

export interface ControllerDescriptor {
  readonly name: string;
  /** Not started by `*`. */
  readonly isOff?: boolean;
  readonly start: (context: ControllerContext) => unknown;
}

export const CONTROLLERS: readonly ControllerDescriptor[] = Object.freeze([
  {
    name: 'serviceaccount-token-controller',
    start: (context) => (context.options.serviceAccountKey === false ? undefined : new TokensController(context)),
  },
  { name: 'deployment-controller', start: (context) => new DeploymentController(context) },
  { name: 'replicaset-controller', start: (context) => new ReplicaSetController(context, REPLICA_SET) },
  { name: 'replicationcontroller-controller', start: (context) => new ReplicaSetController(context, REPLICATION_CONTROLLER) },
  { name: 'statefulset-controller', start: (context) => new StatefulSetController(context) },
  { name: 'daemonset-controller', start: (context) => new DaemonSetsController(context) },
  { name: 'job-controller', start: (context) => new JobController(context) },
  { name: 'cronjob-controller', start: (context) => new CronJobController(context) },
  { name: 'ttl-after-finished-controller', start: (context) => new TTLAfterFinishedController(context) },
  { name: 'endpoints-controller', start: (context) => new EndpointsController(context) },
  { name: 'endpointslice-controller', start: (context) => new EndpointSliceController(context) },
  { name: 'endpointslice-mirroring-controller', start: (context) => new EndpointSliceMirroringController(context) },
  { name: 'namespace-controller', start: (context) => new NamespaceController(context) },
  { name: 'garbage-collector-controller', start: (context) => new GarbageCollector(context) },
  { name: 'node-lifecycle-controller', start: (context) => new NodeLifecycleController(context) },
  { name: 'taint-eviction-controller', start: (context) => new TaintEvictionController(context) },
  { name: 'pod-garbage-collector-controller', start: (context) => new PodGCController(context) },
  { name: 'disruption-controller', start: (context) => new DisruptionController(context) },
  { name: 'resourcequota-controller', start: (context) => new ResourceQuotaController(context) },
  { name: 'serviceaccount-controller', start: (context) => new ServiceAccountsController(context) },
  { name: 'root-ca-certificate-publisher-controller', start: (context) => new RootCACertificatePublisher(context) },
  { name: 'legacy-serviceaccount-token-cleaner-controller', start: (context) => new LegacySATokenCleaner(context) },
  {
    name: 'node-ipam-controller',
    start: (context) => (context.options.allocateNodeCIDRs === true ? new RangeAllocator(context) : undefined),
  },
  { name: 'persistentvolume-binder-controller', start: (context) => new PersistentVolumeController(context) },
  { name: 'persistentvolume-attach-detach-controller', start: (context) => new AttachDetachController(context) },
  { name: 'persistentvolume-expander-controller', start: (context) => new ExpandController(context) },
  { name: 'ephemeral-volume-controller', start: (context) => new EphemeralVolumeController(context) },
  { name: 'persistentvolumeclaim-protection-controller', start: (context) => new PVCProtectionController(context) },
  { name: 'persistentvolume-protection-controller', start: (context) => new PVProtectionController(context) },
  { name: 'horizontal-pod-autoscaler-controller', start: (context) => new HorizontalController(context) },
  { name: 'ttl-controller', start: (context) => new TTLController(context) },
  { name: 'clusterrole-aggregation-controller', start: (context) => new ClusterRoleAggregationController(context) },
  {
    name: 'certificatesigningrequest-signing-controller',
    start: (context) => (context.options.clusterSigning === false ? undefined : new CSRSigningController(context)),
  },
  { name: 'certificatesigningrequest-approving-controller', start: (context) => new CSRApprovingController(context) },
  { name: 'certificatesigningrequest-cleaner-controller', start: (context) => new CSRCleanerController(context) },
  { name: 'validatingadmissionpolicy-status-controller', start: (context) => new ValidatingAdmissionPolicyStatusController(context) },
  { name: 'bootstrap-signer-controller', isOff: true, start: (context) => new BootstrapSigner(context) },
  { name: 'token-cleaner-controller', isOff: true, start: (context) => new TokenCleaner(context) },
] satisfies ControllerDescriptor[]);

/** Whether `--controllers` turns this loop on. */
export function isEnabled({ name, isOff }: ControllerDescriptor, { controllers = ['*'] }: ControllerManagerOptions): boolean {
  if (controllers.includes(name)) return true;
  if (controllers.includes(`-${name}`)) return false;
  return controllers.includes('*') && isOff !== true;
}
