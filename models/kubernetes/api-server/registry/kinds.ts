/**
 * All built-in kinds, by group in the order in which discovery lists the groups.
 *
 * This list is the only place where a kind is entered; discovery, routing, storage keys, schemas and printing read it.
 * Custom resources come on top at run time (crd/) and are looked up by the server, not here.
 */
import {
  ADMISSION_KINDS,
  APIEXTENSIONS_KINDS,
  APIREGISTRATION_KINDS,
  AUTHENTICATION_KINDS,
  AUTHORIZATION_KINDS,
  CERTIFICATES_KINDS,
  RBAC_KINDS,
} from './access.ts';
import {
  COORDINATION_KINDS,
  DISCOVERY_KINDS,
  EVENTS_KINDS,
  FLOWCONTROL_KINDS,
  NETWORKING_KINDS,
  NODE_KINDS,
  SCHEDULING_KINDS,
  STORAGE_KINDS,
} from './cluster.ts';
import { CORE_KINDS } from './core.ts';
import type { KindInfo } from './kind.ts';
import { APPS_KINDS, AUTOSCALING_KINDS, BATCH_KINDS, POLICY_KINDS } from './workload.ts';

/** Every built-in kind; groups in order of APIService priority, resources in order of discovery. */
export const KINDS: readonly KindInfo[] = [
  ...CORE_KINDS,
  ...APIREGISTRATION_KINDS,
  ...APPS_KINDS,
  ...EVENTS_KINDS,
  ...AUTHENTICATION_KINDS,
  ...AUTHORIZATION_KINDS,
  ...AUTOSCALING_KINDS,
  ...BATCH_KINDS,
  ...CERTIFICATES_KINDS,
  ...NETWORKING_KINDS,
  ...POLICY_KINDS,
  ...RBAC_KINDS,
  ...STORAGE_KINDS,
  ...ADMISSION_KINDS,
  ...APIEXTENSIONS_KINDS,
  ...SCHEDULING_KINDS,
  ...COORDINATION_KINDS,
  ...NODE_KINDS,
  ...DISCOVERY_KINDS,
  ...FLOWCONTROL_KINDS,
];

const BY_RESOURCE: ReadonlyMap<string, KindInfo> = new Map(KINDS.map((info) => [`${info.group}/${info.resource}`, info]));
const BY_KIND: ReadonlyMap<string, KindInfo> = new Map(KINDS.map((info) => [`${info.group}/${info.kind}`, info]));

/** The kind behind a plural, or nothing. */
export const kindOf = (group: string, resource: string): KindInfo | undefined => BY_RESOURCE.get(`${group}/${resource}`);

/** The resource of a Kind, or nothing. */
export const resourceOfKind = (group: string, kind: string): KindInfo | undefined => BY_KIND.get(`${group}/${kind}`);
