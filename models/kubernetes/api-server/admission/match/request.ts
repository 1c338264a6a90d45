/**
 * A request as webhooks and expressions see it: `AdmissionRequest` of admission.k8s.io/v1.
 * Source: apiserver/pkg/admission/plugin/webhook/request/admissionreview.go, plugin/cel/condition.go.
 */
import type { KubeObject } from '../../../object/types.ts';
import { groupVersionText, servedVersionOf, type KindInfo } from '../../registry/kind.ts';
import type { Attributes } from '../plugin.ts';
import type { Shown } from './resource-rule.ts';

export interface AdmissionRequest {
  readonly [field: string]: unknown;
}

const OPTIONS: Readonly<Record<string, string>> = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions' };

/** An object (storage form) in the version that it is shown in. */
export function objectIn(object: KubeObject | undefined, { info, version }: Shown): KubeObject | null {
  if (object === undefined) return null;
  if (isOptions(object)) return object;
  const shown = servedVersionOf(info, version)?.fromStorage(object) ?? object;
  const apiVersion = groupVersionText(info.group, version);
  return shown.apiVersion === apiVersion && shown.kind === info.kind ? shown : { ...shown, apiVersion, kind: info.kind };
}

/** CONNECT carries options instead of an object. */
const isOptions = ({ kind, metadata }: KubeObject): boolean => metadata === undefined && kind.endsWith('Options');

/** The kind of what is sent: for CONNECT that of the options. */
const kindOf = ({ operation, object }: Attributes, { info, version }: Shown): unknown =>
  operation === 'CONNECT' ? { group: '', version: 'v1', kind: object?.kind } : { group: info.group, version, kind: info.kind };
const resourceOf = (info: KindInfo, version: string): unknown => ({ group: info.group, version, resource: info.resource });

/** The request, without the objects. */
export function requestOf(attributes: Attributes, shown: Shown, requested: Shown): AdmissionRequest {
  const { context, subresource, namespace, operation, isDryRun, object, old } = attributes;
  const { user } = context;
  const name = object?.metadata?.name ?? old?.metadata.name ?? attributes.name;
  const isNamespace = attributes.info.group === '' && attributes.info.resource === 'namespaces';
  const own = isNamespace ? name : namespace;
  return {
    kind: kindOf(attributes, shown),
    resource: resourceOf(shown.info, shown.version),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(attributes, requested),
    requestResource: resourceOf(requested.info, requested.version),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name ? { name } : {}),
    ...(own ? { namespace: own } : {}),
    operation,
    userInfo: {
      username: user.name,
      ...(user.uid === undefined ? {} : { uid: user.uid }),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun: isDryRun,
    options: { kind: OPTIONS[operation] ?? 'GetOptions', apiVersion: 'meta.k8s.io/v1', ...(isDryRun ? { dryRun: ['All'] } : {}) },
  };
}
