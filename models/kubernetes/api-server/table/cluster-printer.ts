/**
 * Rows of nodes, namespaces, events, configuration, access rules and the remaining kinds.
 *
 * Upstream: pkg/printers/internalversion/printers.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { humanDuration, since } from './age.ts';
import { AGE, NAME, column, fieldDescription, wide } from './column.ts';
import type { Cell, Printer } from './column.ts';

const age = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now);
const ROLE_PREFIX = 'node-role.kubernetes.io/';

function nodeStatus(object: KubeObject): string {
  const conditions = (object['status']?.conditions ?? []) as readonly { type: string; status: string }[];
  const ready = conditions.findLast(({ type }) => type === 'Ready');
  const status = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return object['spec']?.unschedulable ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(object: KubeObject): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(object.metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return [...roles].sort().join(',') || '<none>';
}

function nodeAddress(object: KubeObject, type: string): string {
  const addresses = (object['status']?.addresses ?? []) as readonly { type: string; address: string }[];
  return addresses.find((entry) => entry.type === type)?.address ?? '<none>';
}

export const nodePrinter: Printer = {
  columns: [
    NAME,
    column('Status', 'The status of the node'),
    column('Roles', 'The roles of the node'),
    AGE,
    column('Version', fieldDescription('NodeSystemInfo.kubeletVersion')),
    wide('Internal-IP', fieldDescription('NodeStatus.addresses')),
    wide('External-IP', fieldDescription('NodeStatus.addresses')),
    wide('OS-Image', fieldDescription('NodeSystemInfo.osImage')),
    wide('Kernel-Version', fieldDescription('NodeSystemInfo.kernelVersion')),
    wide('Container-Runtime', fieldDescription('NodeSystemInfo.containerRuntimeVersion')),
  ],
  cells: (object, now) => {
    const info = object['status']?.nodeInfo ?? {};
    return [
      object.metadata.name,
      nodeStatus(object),
      nodeRoles(object),
      age(object, now),
      info.kubeletVersion ?? '',
      nodeAddress(object, 'InternalIP'),
      nodeAddress(object, 'ExternalIP'),
      info.osImage || '<unknown>',
      info.kernelVersion || '<unknown>',
      info.containerRuntimeVersion || '<unknown>',
    ];
  },
};

export const namespacePrinter: Printer = {
  columns: [NAME, column('Status', 'The status of the namespace'), AGE],
  cells: (object, now) => [object.metadata.name, object['status']?.phase ?? '', age(object, now)],
};

interface Source {
  readonly component?: string;
  readonly host?: string;
}

function sourceText(source: Source | undefined, controller: string, instance: string): string {
  const component = source?.component || controller;
  const host = source?.component ? source.host : instance;
  return host ? `${component}, ${host}` : component;
}

function eventCells(event: KubeObject, now: number): readonly Cell[] {
  const first = event['firstTimestamp'] ? since(event['firstTimestamp'], now) : since(event['eventTime'], now);
  let last = event['lastTimestamp'] ? since(event['lastTimestamp'], now) : first;
  let count = event['count'] ?? 0;
  if (event['series']) {
    last = since(event['series'].lastObservedTime, now);
    count = event['series'].count;
  } else if (count === 0) count = 1;
  const involved = event['involvedObject'] ?? {};
  const kind = String(involved.kind ?? '').toLowerCase();
  return [
    last,
    event['type'] ?? '',
    event['reason'] ?? '',
    involved.name ? `${kind}/${involved.name}` : kind,
    involved.fieldPath ?? '',
    sourceText(event['source'], event['reportingComponent'] ?? '', event['reportingInstance'] ?? ''),
    String(event['message'] ?? '').trim(),
    first,
    count,
    event.metadata.name,
  ];
}

/** The same event in core/v1's words when it is shown as events.k8s.io/v1. */
const asCoreEvent = (event: KubeObject): KubeObject =>
  event.apiVersion === 'events.k8s.io/v1' || event['regarding'] !== undefined
    ? {
        ...event,
        involvedObject: event['regarding'],
        message: event['note'],
        source: event['deprecatedSource'],
        firstTimestamp: event['deprecatedFirstTimestamp'],
        lastTimestamp: event['deprecatedLastTimestamp'],
        count: event['deprecatedCount'],
        reportingComponent: event['reportingController'],
      }
    : event;

export const eventPrinter: Printer = {
  columns: [
    column('Last Seen', fieldDescription('Event.lastTimestamp')),
    column('Type', fieldDescription('Event.type')),
    column('Reason', fieldDescription('Event.reason')),
    column('Object', fieldDescription('Event.involvedObject')),
    wide('Subobject', fieldDescription('ObjectReference.fieldPath')),
    wide('Source', fieldDescription('Event.source')),
    column('Message', fieldDescription('Event.message')),
    wide('First Seen', fieldDescription('Event.firstTimestamp')),
    wide('Count', fieldDescription('Event.count')),
    wide('Name', fieldDescription('ObjectMeta.name')),
  ],
  cells: (object, now) => eventCells(asCoreEvent(object), now),
};

const size = (value: unknown): number => (typeof value === 'object' && value !== null ? Object.keys(value).length : 0);

export const secretPrinter: Printer = {
  columns: [NAME, column('Type', fieldDescription('Secret.type')), column('Data', fieldDescription('Secret.data')), AGE],
  cells: (object, now) => [object.metadata.name, object['type'] ?? '', size(object['data']), age(object, now)],
};

export const configMapPrinter: Printer = {
  columns: [NAME, column('Data', fieldDescription('ConfigMap.data')), AGE],
  cells: (object, now) => [object.metadata.name, size(object['data']) + size(object['binaryData']), age(object, now)],
};

export const serviceAccountPrinter: Printer = {
  columns: [NAME, column('Secrets', fieldDescription('ServiceAccount.secrets')), AGE],
  cells: (object, now) => [object.metadata.name, (object['secrets'] ?? []).length, age(object, now)],
};

export const resourceQuotaPrinter: Printer = {
  columns: [
    NAME,
    AGE,
    column('Request', 'Request represents a minimum amount of cpu/memory that a container may consume.'),
    column('Limit', 'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.'),
  ],
  cells: (object, now) => {
    const { hard = {}, used = {} } = object['status'] ?? {};
    const lines = (isLimit: boolean): string =>
      Object.keys(hard)
        .filter((name) => name.startsWith('limits.') === isLimit)
        .sort()
        .map((name) => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
        .join(', ');
    return [object.metadata.name, age(object, now), lines(false), lines(true)];
  },
};

export const priorityClassPrinter: Printer = {
  columns: [
    NAME,
    column('Value', fieldDescription('PriorityClass.value'), 'integer'),
    column('Global-Default', fieldDescription('PriorityClass.globalDefault'), 'boolean'),
    AGE,
    column('PreemptionPolicy', fieldDescription('PriorityClass.preemptionPolicy')),
  ],
  cells: (object, now) => [
    object.metadata.name,
    object['value'] ?? 0,
    object['globalDefault'] ?? false,
    age(object, now),
    object['preemptionPolicy'] ?? '<unset>',
  ],
};

export const runtimeClassPrinter: Printer = {
  columns: [NAME, column('Handler', fieldDescription('RuntimeClass.handler')), AGE],
  cells: (object, now) => [object.metadata.name, object['handler'] ?? '', age(object, now)],
};

export const leasePrinter: Printer = {
  columns: [NAME, column('Holder', fieldDescription('LeaseSpec.holderIdentity')), AGE],
  cells: (object, now) => [object.metadata.name, object['spec']?.holderIdentity ?? '', age(object, now)],
};

interface Subject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

const subjects = (object: KubeObject, kind: string): string =>
  ((object['subjects'] ?? []) as readonly Subject[])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');

const bindingPrinter = (name: string, roleDescription: string): Printer => ({
  columns: [
    NAME,
    column('Role', roleDescription),
    AGE,
    wide('Users', `Users in the ${name}`),
    wide('Groups', `Groups in the ${name}`),
    wide('ServiceAccounts', `ServiceAccounts in the ${name}`),
  ],
  cells: (object, now) => [
    object.metadata.name,
    `${object['roleRef']?.kind ?? ''}/${object['roleRef']?.name ?? ''}`,
    age(object, now),
    subjects(object, 'User'),
    subjects(object, 'Group'),
    subjects(object, 'ServiceAccount'),
  ],
});

export const roleBindingPrinter = bindingPrinter('roleBinding', fieldDescription('RoleBinding.roleRef'));
export const clusterRoleBindingPrinter = bindingPrinter('clusterRoleBinding', fieldDescription('ClusterRoleBinding.roleRef'));

function requestCondition(object: KubeObject): string {
  const conditions = ((object['status']?.conditions ?? []) as readonly { type: string }[]).map(({ type }) => type);
  const shown = ['Approved', 'Denied', 'Failed'].filter((type) => conditions.includes(type));
  if (shown.length === 0) shown.push('Pending');
  if (object['status']?.certificate) shown.push('Issued');
  return shown.join(',');
}

export const certificateSigningRequestPrinter: Printer = {
  columns: [
    NAME,
    AGE,
    column('SignerName', fieldDescription('CertificateSigningRequestSpec.signerName')),
    column('Requestor', 'The user that requested the certificate.'),
    column('RequestedDuration', fieldDescription('CertificateSigningRequestSpec.expirationSeconds')),
    column('Condition', fieldDescription('CertificateSigningRequestStatus.conditions')),
  ],
  cells: (object, now) => {
    const { spec = {} } = object;
    const duration = typeof spec.expirationSeconds === 'number' ? humanDuration(spec.expirationSeconds * 1_000_000) : '<none>';
    return [object.metadata.name, age(object, now), spec.signerName ?? '<none>', spec.username ?? '', duration, requestCondition(object)];
  },
};

export const webhookPrinter: Printer = {
  columns: [NAME, column('Webhooks', 'Webhooks indicates the number of webhooks registered in this configuration', 'integer'), AGE],
  cells: (object, now) => [object.metadata.name, (object['webhooks'] ?? []).length, age(object, now)],
};

export const admissionPolicyPrinter: Printer = {
  columns: [
    NAME,
    column('Validations', 'Validations indicates the number of validation rules defined in this configuration', 'integer'),
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy'),
    AGE,
  ],
  cells: (object, now) => {
    const param = object['spec']?.paramKind as { apiVersion: string; kind: string } | undefined;
    const text = param === undefined ? '<unset>' : `${param.apiVersion}/${param.kind}`;
    return [object.metadata.name, (object['spec']?.validations ?? []).length, text, age(object, now)];
  },
};

export const admissionPolicyBindingPrinter: Printer = {
  columns: [
    NAME,
    column('PolicyName', 'PolicyName indicates the policy definition which the policy binding binded to'),
    column('ParamRef', 'ParamRef indicates the param resource which sets the configration param'),
    AGE,
  ],
  cells: (object, now) => {
    const param = object['spec']?.paramRef as { namespace?: string; name?: string } | undefined;
    const text = param === undefined ? '<unset>' : param.namespace ? `${param.namespace}/${param.name ?? '*'}` : (param.name ?? '*');
    return [object.metadata.name, object['spec']?.policyName ?? '', text, age(object, now)];
  },
};

export const apiServicePrinter: Printer = {
  columns: [
    NAME,
    column('Service', 'The reference to the service that hosts this API endpoint.'),
    column('Available', 'Whether this service is available.'),
    AGE,
  ],
  cells: (object, now) => {
    const service = object['spec']?.service as { namespace: string; name: string } | undefined;
    const conditions = (object['status']?.conditions ?? []) as readonly { type: string; status: string; reason?: string }[];
    const available = conditions.find(({ type }) => type === 'Available');
    let text = available?.status ?? 'Unknown';
    if (text !== 'True' && available?.reason) text = `${text} (${available.reason})`;
    return [object.metadata.name, service === undefined ? 'Local' : `${service.namespace}/${service.name}`, text, age(object, now)];
  },
};
