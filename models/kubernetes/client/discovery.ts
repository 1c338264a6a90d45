/**
 * The resources that an API server of 1.32 serves, for controllers that act on all of them: garbage collection, namespaces, quota.
 *
 * Built-in resources are fixed with the release, so they stand here as discovery would list them (preferred versions, order of
 * discovery); custom resources come from the CustomResourceDefinitions in the cluster.
 */
import type { GroupVersionResource } from '../api/message.ts';
import type { KubeObject } from '../object/types.ts';

/** A resource as discovery describes it. */
export interface ApiResource {
  readonly gvr: GroupVersionResource;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Whether it offers list, watch and delete, so that it can be collected. */
  readonly collectable: boolean;
}

export const CUSTOM_RESOURCE_DEFINITIONS: GroupVersionResource = Object.freeze({ group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' });

const apiVersionOf = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

function resources(group: string, version: string, namespaced: boolean, kinds: Readonly<Record<string, string>>): ApiResource[] {
  return Object.entries(kinds).map(([resource, kind]) =>
    Object.freeze({ gvr: Object.freeze({ group, version, resource }), apiVersion: apiVersionOf(group, version), kind, namespaced, collectable: true }),
  );
}

/** Built-in resources that can be listed, watched and deleted. */
export const BUILT_IN_RESOURCES: readonly ApiResource[] = Object.freeze([
  ...resources('', 'v1', true, {
    configmaps: 'ConfigMap', endpoints: 'Endpoints', events: 'Event', limitranges: 'LimitRange', persistentvolumeclaims: 'PersistentVolumeClaim',
    pods: 'Pod', podtemplates: 'PodTemplate', replicationcontrollers: 'ReplicationController', resourcequotas: 'ResourceQuota', secrets: 'Secret',
    serviceaccounts: 'ServiceAccount', services: 'Service',
  }),
  ...resources('', 'v1', false, { namespaces: 'Namespace', nodes: 'Node', persistentvolumes: 'PersistentVolume' }),
  ...resources('apps', 'v1', true, {
    controllerrevisions: 'ControllerRevision', daemonsets: 'DaemonSet', deployments: 'Deployment', replicasets: 'ReplicaSet', statefulsets: 'StatefulSet',
  }),
  ...resources('autoscaling', 'v2', true, { horizontalpodautoscalers: 'HorizontalPodAutoscaler' }),
  ...resources('batch', 'v1', true, { cronjobs: 'CronJob', jobs: 'Job' }),
  ...resources('coordination.k8s.io', 'v1', true, { leases: 'Lease' }),
  ...resources('discovery.k8s.io', 'v1', true, { endpointslices: 'EndpointSlice' }),
  ...resources('events.k8s.io', 'v1', true, { events: 'Event' }),
  ...resources('networking.k8s.io', 'v1', true, { ingresses: 'Ingress', networkpolicies: 'NetworkPolicy' }),
  ...resources('networking.k8s.io', 'v1', false, { ingressclasses: 'IngressClass' }),
  ...resources('policy', 'v1', true, { poddisruptionbudgets: 'PodDisruptionBudget' }),
  ...resources('rbac.authorization.k8s.io', 'v1', true, { rolebindings: 'RoleBinding', roles: 'Role' }),
  ...resources('rbac.authorization.k8s.io', 'v1', false, { clusterrolebindings: 'ClusterRoleBinding', clusterroles: 'ClusterRole' }),
  ...resources('scheduling.k8s.io', 'v1', false, { priorityclasses: 'PriorityClass' }),
  ...resources('storage.k8s.io', 'v1', false, { csidrivers: 'CSIDriver', csinodes: 'CSINode', storageclasses: 'StorageClass', volumeattachments: 'VolumeAttachment' }),
  ...resources('storage.k8s.io', 'v1', true, { csistoragecapacities: 'CSIStorageCapacity' }),
  ...resources('node.k8s.io', 'v1', false, { runtimeclasses: 'RuntimeClass' }),
  ...resources('certificates.k8s.io', 'v1', false, { certificatesigningrequests: 'CertificateSigningRequest' }),
  ...resources('admissionregistration.k8s.io', 'v1', false, {
    mutatingwebhookconfigurations: 'MutatingWebhookConfiguration', validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
    validatingadmissionpolicies: 'ValidatingAdmissionPolicy', validatingadmissionpolicybindings: 'ValidatingAdmissionPolicyBinding',
  }),
  ...resources('apiextensions.k8s.io', 'v1', false, { customresourcedefinitions: 'CustomResourceDefinition' }),
]);

/** The resource that a CustomResourceDefinition defines, in its preferred (storage) version; undefined until it is established. */
export function resourceOfDefinition(definition: KubeObject): ApiResource | undefined {
  const conditions = (definition['status']?.conditions ?? []) as readonly { type: string; status: string }[];
  if (!conditions.some(({ type, status }) => type === 'Established' && status === 'True')) return undefined;
  const { group, names, scope, versions } = definition['spec'] as {
    group: string; names: { plural: string; kind: string }; scope: string; versions: readonly { name: string; served: boolean; storage: boolean }[];
  };
  const version = (versions.find(({ storage, served }) => storage && served) ?? versions.find(({ served }) => served))?.name;
  if (version === undefined) return undefined;
  return { gvr: { group, version, resource: names.plural }, apiVersion: apiVersionOf(group, version), kind: names.kind, namespaced: scope === 'Namespaced', collectable: true };
}

/** All resources: the built-in ones, then the custom ones by name. */
export function allResources(definitions: Iterable<KubeObject>): ApiResource[] {
  const custom: ApiResource[] = [];
  for (const definition of definitions) {
    const resource = resourceOfDefinition(definition);
    if (resource !== undefined) custom.push(resource);
  }
  custom.sort((a, b) => (keyOfResource(a.gvr) < keyOfResource(b.gvr) ? -1 : 1));
  return [...BUILT_IN_RESOURCES, ...custom];
}

const SCALABLE: ReadonlySet<string> = new Set(['/v1/replicationcontrollers', 'apps/v1/deployments', 'apps/v1/replicasets', 'apps/v1/statefulsets']);

/** Whether objects of this resource have a scale subresource; custom resources say so in their definition. */
export function implementsScale(gvr: GroupVersionResource, definitions: Iterable<KubeObject>): boolean {
  if (SCALABLE.has(keyOfResource(gvr))) return true;
  for (const definition of definitions) {
    const { group, names, versions } = definition['spec'] as { group: string; names: { plural: string }; versions: readonly { name: string; subresources?: { scale?: unknown } }[] };
    if (group !== gvr.group || names.plural !== gvr.resource) continue;
    return versions.some(({ name, subresources }) => name === gvr.version && subresources?.scale !== undefined);
  }
  return false;
}

/** `group/version/resource`, to compare collections by. */
export const keyOfResource = ({ group, version, resource }: GroupVersionResource): string => `${group}/${version}/${resource}`;
