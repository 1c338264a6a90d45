/**
 * The fields of each kind that a field selector may name, besides metadata.name and metadata.namespace.
 *
 * Values are text, empty when unset, as upstream's fields.Set. Upstream: the ToSelectableFields functions of each
 * strategy (pkg/registry/**) and the field label conversions (pkg/apis/**\/v1/conversion.go).
 */
import type { KubeObject } from '../../object/types.ts';
import type { SelectableFields } from './kind.ts';

type Fields = Readonly<Record<string, string>>;
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

export const POD_FIELDS = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
] as const;

/** Fields of a Pod. */
export const podFields: SelectableFields = ({ spec, status }: KubeObject): Fields => {
  const podIP = text(status?.podIPs?.[0]?.ip ?? status?.podIP);
  return {
    'spec.nodeName': text(spec?.nodeName),
    'spec.restartPolicy': text(spec?.restartPolicy),
    'spec.schedulerName': text(spec?.schedulerName),
    'spec.serviceAccountName': text(spec?.serviceAccountName),
    'spec.hostNetwork': spec?.hostNetwork === true ? 'true' : 'false',
    'status.phase': text(status?.phase),
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.nominatedNodeName': text(status?.nominatedNodeName),
  };
};

export const NODE_FIELDS = ['spec.unschedulable'] as const;
export const nodeFields: SelectableFields = ({ spec }): Fields => ({
  'spec.unschedulable': spec?.unschedulable === true ? 'true' : 'false',
});

export const NAMESPACE_FIELDS = ['status.phase'] as const;
export const namespaceFields: SelectableFields = ({ status }): Fields => ({ 'status.phase': text(status?.phase) });

export const SECRET_FIELDS = ['type'] as const;
export const secretFields: SelectableFields = (object): Fields => ({ type: text(object['type']) });

export const SERVICE_FIELDS = ['spec.clusterIP', 'spec.type'] as const;
export const serviceFields: SelectableFields = ({ spec }): Fields => ({
  'spec.clusterIP': text(spec?.clusterIP),
  'spec.type': text(spec?.type),
});

export const REPLICA_FIELDS = ['status.replicas'] as const;
export const replicaFields: SelectableFields = ({ status }): Fields => ({
  'status.replicas': String(status?.replicas ?? 0),
});

export const JOB_FIELDS = ['status.successful'] as const;
export const jobFields: SelectableFields = ({ status }): Fields => ({
  'status.successful': String(status?.succeeded ?? 0),
});

export const CSR_FIELDS = ['spec.signerName'] as const;
export const csrFields: SelectableFields = ({ spec }): Fields => ({ 'spec.signerName': text(spec?.signerName) });

const REFERENCE = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

export const EVENT_FIELDS = [
  ...REFERENCE.map((field) => `involvedObject.${field}`),
  'reason',
  'reportingComponent',
  'source',
  'type',
] as const;
/** Fields of a core Event. */
export const eventFields: SelectableFields = (event): Fields => {
  const source = text(event['source']?.component) || text(event['reportingComponent']);
  const of = event['involvedObject'] ?? {};
  return {
    'involvedObject.kind': text(of.kind),
    'involvedObject.namespace': text(of.namespace),
    'involvedObject.name': text(of.name),
    'involvedObject.uid': text(of.uid),
    'involvedObject.apiVersion': text(of.apiVersion),
    'involvedObject.resourceVersion': text(of.resourceVersion),
    'involvedObject.fieldPath': text(of.fieldPath),
    reason: text(event['reason']),
    reportingComponent: text(event['reportingComponent']),
    source,
    type: text(event['type']),
  };
};

export const REGARDING_FIELDS = [
  ...REFERENCE.map((field) => `regarding.${field}`),
  'reason',
  'reportingController',
  'type',
] as const;
/** Fields of an events.k8s.io Event; it is given in storage form, that is as a core Event. */
export const regardingFields: SelectableFields = (event): Fields => {
  const core = eventFields(event);
  const fields: Record<string, string> = {
    reason: core['reason'] ?? '',
    reportingController: core['reportingComponent'] ?? '',
    type: core['type'] ?? '',
  };
  for (const field of REFERENCE) fields[`regarding.${field}`] = core[`involvedObject.${field}`] ?? '';
  return fields;
};
