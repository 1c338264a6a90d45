/**
 * How lists and structures merge: the markers that upstream writes beside the fields of the API types.
 *
 * Two families exist and differ: strategic merge patch reads `patchStrategy` and `patchMergeKey`, server-side apply
 * reads `listType`, `listMapKey`, `mapType` and `structType`. Lists that stand in neither table are atomic: a patch or an
 * apply replaces them as a whole. Upstream: staging/src/k8s.io/api (types.go markers).
 */

/** `Type.field` -> merge key of strategic merge patch; an empty key means a list of scalars. */
const STRATEGIC = `
meta.v1.ObjectMeta: ownerReferences=uid finalizers=
core.v1.PodSpec: volumes=name initContainers=name containers=name ephemeralContainers=name imagePullSecrets=name
  hostAliases=ip topologySpreadConstraints=topologyKey schedulingGates=name resourceClaims=name
core.v1.PodStatus: conditions=type podIPs=ip hostIPs=ip resourceClaimStatuses=name
core.v1.Container: ports=containerPort env=name volumeMounts=mountPath volumeDevices=devicePath
core.v1.EphemeralContainer: ports=containerPort env=name volumeMounts=mountPath volumeDevices=devicePath
core.v1.ContainerStatus: volumeMounts=mountPath allocatedResourcesStatus=name
core.v1.ServiceSpec: ports=port
core.v1.ServiceStatus: conditions=type
core.v1.ServiceAccount: secrets=name
core.v1.NodeSpec: podCIDRs=
core.v1.NodeStatus: conditions=type addresses=type
core.v1.NamespaceStatus: conditions=type
core.v1.PersistentVolumeClaimStatus: conditions=type
core.v1.ReplicationControllerStatus: conditions=type
apps.v1.DeploymentStatus: conditions=type
apps.v1.ReplicaSetStatus: conditions=type
apps.v1.StatefulSetStatus: conditions=type
apps.v1.DaemonSetStatus: conditions=type
batch.v1.JobStatus: conditions=type
autoscaling.v2.HorizontalPodAutoscalerStatus: conditions=type
policy.v1.PodDisruptionBudgetStatus: conditions=type
storage.v1.CSINodeSpec: drivers=name
admissionregistration.v1.MutatingWebhookConfiguration: webhooks=name
admissionregistration.v1.ValidatingWebhookConfiguration: webhooks=name
admissionregistration.v1.MutatingWebhook: matchConditions=name
admissionregistration.v1.ValidatingWebhook: matchConditions=name
admissionregistration.v1.ValidatingAdmissionPolicySpec: matchConditions=name variables=name
flowcontrol.v1.FlowSchemaStatus: conditions=type
flowcontrol.v1.PriorityLevelConfigurationStatus: conditions=type
apiregistration.v1.APIServiceStatus: conditions=type
`;

/** `Type.field` whose other keys are dropped when a patch names `$retainKeys`. */
const RETAIN_KEYS: ReadonlySet<string> = new Set([
  'core.v1.PodSpec.volumes',
  'core.v1.PodSpec.resourceClaims',
  'apps.v1.DeploymentSpec.strategy',
]);

/** `Type.field` that strategic merge replaces although it is a structure. */
const REPLACED: ReadonlySet<string> = new Set(['policy.v1.PodDisruptionBudgetSpec.selector']);

/** `Type.field` -> keys of server-side apply; `set` for sets of scalars. Keys with a default carry it after a slash. */
const APPLY = `
meta.v1.ObjectMeta: ownerReferences=uid finalizers=set
core.v1.PodSpec: volumes=name initContainers=name containers=name ephemeralContainers=name imagePullSecrets=name
  hostAliases=ip topologySpreadConstraints=topologyKey,whenUnsatisfiable schedulingGates=name resourceClaims=name
core.v1.PodStatus: conditions=type podIPs=ip resourceClaimStatuses=name
core.v1.Container: ports=containerPort,protocol/TCP env=name volumeMounts=mountPath volumeDevices=devicePath
core.v1.EphemeralContainer: ports=containerPort,protocol/TCP env=name volumeMounts=mountPath volumeDevices=devicePath
core.v1.ResourceRequirements: claims=name
core.v1.VolumeResourceRequirements: claims=name
core.v1.ContainerStatus: volumeMounts=mountPath allocatedResourcesStatus=name
core.v1.ServiceSpec: ports=port,protocol/TCP
core.v1.ServiceStatus: conditions=type
core.v1.ServiceAccount: secrets=name
core.v1.NodeSpec: podCIDRs=set
core.v1.NodeStatus: conditions=type addresses=type
core.v1.NamespaceStatus: conditions=type
core.v1.PersistentVolumeClaimStatus: conditions=type
core.v1.ReplicationControllerStatus: conditions=type
apps.v1.DeploymentStatus: conditions=type
apps.v1.ReplicaSetStatus: conditions=type
apps.v1.StatefulSetStatus: conditions=type
apps.v1.DaemonSetStatus: conditions=type
batch.v1.UncountedTerminatedPods: succeeded=set failed=set
batch.v1.PodFailurePolicyOnExitCodesRequirement: values=set
autoscaling.v2.HorizontalPodAutoscalerStatus: conditions=type
policy.v1.PodDisruptionBudgetStatus: conditions=type
storage.v1.CSINodeSpec: drivers=name
storage.v1.CSIDriverSpec: volumeLifecycleModes=set
admissionregistration.v1.MutatingWebhookConfiguration: webhooks=name
admissionregistration.v1.ValidatingWebhookConfiguration: webhooks=name
admissionregistration.v1.MutatingWebhook: matchConditions=name
admissionregistration.v1.ValidatingWebhook: matchConditions=name
admissionregistration.v1.ValidatingAdmissionPolicySpec: matchConditions=name variables=name
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec: validationActions=set
admissionregistration.v1.ValidatingAdmissionPolicyStatus: conditions=type
certificates.v1.CertificateSigningRequestStatus: conditions=type
apiextensions.v1.CustomResourceDefinitionStatus: conditions=type
flowcontrol.v1.FlowSchemaStatus: conditions=type
flowcontrol.v1.PriorityLevelConfigurationStatus: conditions=type
apiregistration.v1.APIServiceStatus: conditions=type
`;

/** Types that server-side apply owns as a whole (`structType=atomic`). */
const ATOMIC_TYPES: ReadonlySet<string> = new Set(
  `core.v1.LocalObjectReference core.v1.SecretKeySelector core.v1.ConfigMapKeySelector core.v1.ObjectFieldSelector
   core.v1.ResourceFieldSelector core.v1.TypedLocalObjectReference core.v1.SecretReference core.v1.ObjectReference
   core.v1.ScopeSelector core.v1.ScopedResourceSelectorRequirement core.v1.TopologySelectorTerm core.v1.NodeSelector
   core.v1.NodeSelectorTerm core.v1.EndpointPort core.v1.EndpointAddress core.v1.PortStatus discovery.v1.EndpointPort
   autoscaling.v1.CrossVersionObjectReference rbac.v1.RoleRef rbac.v1.Subject meta.v1.LabelSelector
   meta.v1.OwnerReference flowcontrol.v1.FlowDistinguisherMethod flowcontrol.v1.PriorityLevelConfigurationReference
   networking.v1.ServiceBackendPort admissionregistration.v1.ParamKind admissionregistration.v1.ParamRef
   admissionregistration.v1.MatchResources admissionregistration.v1.NamedRuleWithOperations
   apiregistration.v1.ServiceReference`.split(/\s+/),
);

/** Fields of an atomic type that are granular all the same. */
const GRANULAR: ReadonlySet<string> = new Set(['core.v1.PersistentVolumeSpec.claimRef']);

/** Maps that are owned as a whole (`mapType=atomic`). */
const ATOMIC_MAPS: ReadonlySet<string> = new Set([
  'core.v1.PodSpec.nodeSelector',
  'core.v1.ServiceSpec.selector',
  'core.v1.ReplicationControllerSpec.selector',
  'node.v1.Scheduling.nodeSelector',
]);

/**
 * Structures that upstream holds by value: they are there even in an empty object, so creating one never adds the
 * structure itself to a manager's fields. `metadata`, `spec` and `status` of every kind belong to them and are not listed.
 */
const VALUE_STRUCTURES = `
batch.v1.CronJobSpec: jobTemplate
batch.v1.JobSpec: template
batch.v1.JobTemplateSpec: metadata spec
apps.v1.DaemonSetSpec: template updateStrategy
apps.v1.DeploymentSpec: template strategy
apps.v1.ReplicaSetSpec: template
apps.v1.StatefulSetSpec: template updateStrategy
autoscaling.v1.HorizontalPodAutoscalerSpec: scaleTargetRef
autoscaling.v2.HorizontalPodAutoscalerSpec: scaleTargetRef
networking.v1.IngressStatus: loadBalancer
networking.v1.NetworkPolicySpec: podSelector
core.v1.PodTemplate: template
core.v1.PodTemplateSpec: metadata spec
core.v1.PersistentVolumeClaimSpec: resources
core.v1.PersistentVolumeClaimTemplate: metadata spec
core.v1.NodeStatus: daemonEndpoints nodeInfo
core.v1.NodeDaemonEndpoints: kubeletEndpoint
core.v1.ServiceStatus: loadBalancer
core.v1.Container: resources
core.v1.EphemeralContainer: resources
core.v1.ContainerStatus: state lastState
core.v1.Event: involvedObject source
events.v1.Event: regarding deprecatedSource
storage.v1.VolumeAttachmentSpec: source
admissionregistration.v1.MutatingWebhook: clientConfig
admissionregistration.v1.ValidatingWebhook: clientConfig
apiextensions.v1.CustomResourceDefinitionSpec: names
apiextensions.v1.CustomResourceDefinitionStatus: acceptedNames
`;

/** Fields that upstream writes even when they are empty, so that they exist (as null) in an empty object. */
const PRESENT_FIELDS: ReadonlySet<string> = new Set([
  'core.v1.PodSpec.containers',
  'meta.v1.ObjectMeta.creationTimestamp',
  'core.v1.Event.eventTime',
  'core.v1.Event.firstTimestamp',
  'core.v1.Event.lastTimestamp',
  'storage.v1.CSINodeSpec.drivers',
  'apiextensions.v1.CustomResourceDefinitionStatus.conditions',
]);

/** Texts that upstream writes even when they are empty. */
const PRESENT_TEXTS: ReadonlySet<string> = new Set(['core.v1.Event.reportingComponent', 'core.v1.Event.reportingInstance']);

/** What stands for an absent field when objects are compared. */
export type Absent = 'structure' | 'null' | 'text' | undefined;

/** Parses `Type: field=value field=value` lines; indented lines continue the type above. */
function parse(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let type = '';
  for (const line of text.split('\n')) {
    const match = /^(\S+): (.*)$/.exec(line);
    if (match) type = match[1] ?? '';
    const rest = match ? (match[2] ?? '') : line;
    for (const entry of rest.trim().split(/\s+/)) {
      if (entry === '') continue;
      const [field = '', value = ''] = entry.split('=');
      found.set(`${type}.${field}`, value);
    }
  }
  return found;
}

const strategicKeys = parse(STRATEGIC);
const applyKeys = parse(APPLY);
const valueStructures = parse(VALUE_STRUCTURES);

/** One key of an associative list; `fallback` stands in when an element lacks it. */
export interface ListKey {
  readonly name: string;
  readonly fallback?: unknown;
}

/** The merge key of strategic merge patch: undefined = atomic list, '' = list of scalars that merges. */
export const strategicKey = (type: string, field: string): string | undefined => strategicKeys.get(`${type}.${field}`);

/** Whether `$retainKeys` applies to a field. */
export const retainsKeys = (type: string, field: string): boolean => RETAIN_KEYS.has(`${type}.${field}`);

/** Whether a strategic merge replaces a structure instead of merging it. */
export const isReplaced = (type: string, field: string): boolean => REPLACED.has(`${type}.${field}`);

/** The list type of server-side apply: keys of a map list, `set`, or undefined for an atomic list. */
export function applyListType(type: string, field: string): readonly ListKey[] | 'set' | undefined {
  const rule = applyKeys.get(`${type}.${field}`);
  if (rule === undefined || rule === 'set') return rule;
  return rule.split(',').map((key) => {
    const [name = '', fallback] = key.split('/');
    return fallback === undefined ? { name } : { name, fallback };
  });
}

/** Whether a field of structure type is owned as a whole. */
export const isAtomicStructure = (type: string, field: string, of: string): boolean =>
  ATOMIC_TYPES.has(of) && !GRANULAR.has(`${type}.${field}`);

/** Whether a type is owned as a whole wherever it stands in a list or map. */
export const isAtomicType = (type: string): boolean => ATOMIC_TYPES.has(type);

/** Whether a map is owned as a whole. */
export const isAtomicMap = (type: string, field: string): boolean => ATOMIC_MAPS.has(`${type}.${field}`);

/** What an absent field stands for in an empty object: a structure held by value, null, '', or nothing. */
export function absentValue(type: string, field: string): Absent {
  if (PRESENT_FIELDS.has(`${type}.${field}`)) return 'null';
  if (PRESENT_TEXTS.has(`${type}.${field}`)) return 'text';
  return valueStructures.has(`${type}.${field}`) ? 'structure' : undefined;
}
