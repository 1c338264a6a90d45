/**
 * Tables and metadata-only forms of objects and lists.
 *
 * The server computes what `kubectl get` shows; clients ask for it with the `Accept` header. A row carries the object's
 * metadata, or the whole object, or nothing, as `includeObject` says.
 * Upstream: apiserver/pkg/endpoints/handlers/response.go, apiserver/pkg/registry/rest/table.go.
 */
import type { KubeObject, ObjectMeta } from '../../object/types.ts';
import type { KindInfo } from '../registry/kind.ts';
import { horizontalPodAutoscalerPrinter } from './autoscaler-printer.ts';
import * as cluster from './cluster-printer.ts';
import { NAME, column, fieldDescription } from './column.ts';
import type { Cell, ColumnDefinition, Printer, RowCondition } from './column.ts';
import * as network from './network-printer.ts';
import { podPrinter, podTemplatePrinter } from './pod-printer.ts';
import * as storage from './storage-printer.ts';
import * as workload from './workload-printer.ts';

/** Kinds without columns of their own: name and creation time (rest.DefaultTableConvertor). */
export const DEFAULT_PRINTER: Printer = {
  columns: [NAME, column('Created At', fieldDescription('ObjectMeta.creationTimestamp'), 'date')],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? ''],
};

const PRINTERS: Readonly<Record<string, Printer>> = {
  '/pods': podPrinter,
  '/podtemplates': podTemplatePrinter,
  '/replicationcontrollers': workload.replicationControllerPrinter,
  '/services': network.servicePrinter,
  '/endpoints': network.endpointsPrinter,
  '/nodes': cluster.nodePrinter,
  '/namespaces': cluster.namespacePrinter,
  '/configmaps': cluster.configMapPrinter,
  '/secrets': cluster.secretPrinter,
  '/serviceaccounts': cluster.serviceAccountPrinter,
  '/events': cluster.eventPrinter,
  'events.k8s.io/events': cluster.eventPrinter,
  '/resourcequotas': cluster.resourceQuotaPrinter,
  '/persistentvolumes': storage.persistentVolumePrinter,
  '/persistentvolumeclaims': storage.persistentVolumeClaimPrinter,
  'apps/deployments': workload.deploymentPrinter,
  'apps/replicasets': workload.replicaSetPrinter,
  'apps/statefulsets': workload.statefulSetPrinter,
  'apps/daemonsets': workload.daemonSetPrinter,
  'apps/controllerrevisions': workload.controllerRevisionPrinter,
  'batch/jobs': workload.jobPrinter,
  'batch/cronjobs': workload.cronJobPrinter,
  'autoscaling/horizontalpodautoscalers': horizontalPodAutoscalerPrinter,
  'policy/poddisruptionbudgets': workload.podDisruptionBudgetPrinter,
  'scheduling.k8s.io/priorityclasses': cluster.priorityClassPrinter,
  'node.k8s.io/runtimeclasses': cluster.runtimeClassPrinter,
  'storage.k8s.io/storageclasses': storage.storageClassPrinter,
  'storage.k8s.io/volumeattachments': storage.volumeAttachmentPrinter,
  'storage.k8s.io/csinodes': storage.csiNodePrinter,
  'storage.k8s.io/csidrivers': storage.csiDriverPrinter,
  'coordination.k8s.io/leases': cluster.leasePrinter,
  'discovery.k8s.io/endpointslices': network.endpointSlicePrinter,
  'networking.k8s.io/ingresses': network.ingressPrinter,
  'networking.k8s.io/ingressclasses': network.ingressClassPrinter,
  'networking.k8s.io/networkpolicies': network.networkPolicyPrinter,
  'rbac.authorization.k8s.io/rolebindings': cluster.roleBindingPrinter,
  'rbac.authorization.k8s.io/clusterrolebindings': cluster.clusterRoleBindingPrinter,
  'certificates.k8s.io/certificatesigningrequests': cluster.certificateSigningRequestPrinter,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': cluster.webhookPrinter,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': cluster.webhookPrinter,
  'admissionregistration.k8s.io/validatingadmissionpolicies': cluster.admissionPolicyPrinter,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': cluster.admissionPolicyBindingPrinter,
  'apiregistration.k8s.io/apiservices': cluster.apiServicePrinter,
};

/** The printer of a resource's version; custom resources bring their own. */
export const printerOf = (info: KindInfo, version: string): Printer =>
  info.printer?.(version) ?? PRINTERS[`${info.group}/${info.resource}`] ?? DEFAULT_PRINTER;

export type TableVersion = 'v1' | 'v1beta1';
/** `includeObject` of table requests. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface Row {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: unknown;
}

export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly columnDefinitions: readonly ColumnDefinition[] | null;
  readonly rows: readonly Row[];
}

/** An object reduced to its metadata. */
export const partialObject = (object: { readonly metadata: ObjectMeta }, version: TableVersion): unknown => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
});

function row(printer: Printer, object: KubeObject, now: number, include: IncludeObject, version: TableVersion): Row {
  const conditions = printer.conditions?.(object);
  const shown = include === 'None' ? {} : { object: include === 'Object' ? object : partialObject(object, version) };
  return { cells: printer.cells(object, now), ...(conditions === undefined ? {} : { conditions }), ...shown };
}

/** A list as it comes from the API. */
export interface ListObject {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly items: readonly KubeObject[];
}

/** Whether a response body is a list. */
export const isList = (body: unknown): body is ListObject =>
  typeof body === 'object' && body !== null && Array.isArray((body as ListObject).items) && 'metadata' in body;

/** What a table is made with. */
export interface TableOptions {
  readonly printer: Printer;
  /** Microseconds since 1970. */
  readonly now: number;
  readonly include: IncludeObject;
  readonly version: TableVersion;
  /** Watches send the columns with the first event only. */
  readonly omitColumns?: boolean;
  /** apiVersion and kind for list items, which leave them out. */
  readonly type?: { readonly apiVersion: string; readonly kind: string };
}

/** The table of one object or of a list. */
export function toTable(body: KubeObject | ListObject, options: TableOptions): Table {
  const { printer, now, include, version } = options;
  const objects = isList(body) ? body.items : [body as KubeObject];
  const withType = (object: KubeObject): KubeObject =>
    include === 'Object' && object.kind === undefined && options.type !== undefined ? { ...options.type, ...object } : object;
  const metadata = isList(body) ? body.metadata : { resourceVersion: (body as KubeObject).metadata.resourceVersion };
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: options.omitColumns === true ? null : printer.columns,
    rows: objects.map((object) => row(printer, withType(object), now, include, version)),
  };
}

/** A list reduced to the metadata of its items. */
export const toPartialList = (body: ListObject, version: TableVersion): unknown => ({
  kind: 'PartialObjectMetadataList',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: body.metadata,
  items: body.items.map((item) => partialObject(item, version)),
});
