/**
 * Discovery: which groups, versions and resources this server has, in the plain and in the aggregated form.
 *
 * Everything is derived from the registry of kinds, so a kind that is registered is discoverable and nothing else is.
 * Upstream: apiserver/pkg/endpoints/discovery, apiserver/pkg/endpoints/installer.go.
 */
import { compareVersions } from './version-order.ts';
import { hash64 } from './storage-version-hash.ts';
import type { KindInfo, SubresourceInfo } from '../registry/kind.ts';
import { groupVersionText } from '../registry/kind.ts';

/** Groups in order of priority: built-in ones as they are listed, then those of custom resources by name. */
function groupsOf(kinds: readonly KindInfo[]): readonly string[] {
  const builtIn = new Set(kinds.filter((info) => !isCustom(info)).map((info) => info.group));
  const custom = new Set(kinds.map((info) => info.group).filter((group) => !builtIn.has(group)));
  return [...builtIn, ...[...custom].sort()];
}

/** Versions of a group, best first. */
export function versionsOf(kinds: readonly KindInfo[], group: string): readonly string[] {
  const versions = new Set(kinds.filter((info) => info.group === group).flatMap((info) => info.versions.map((entry) => entry.version)));
  return [...versions].sort(compareVersions);
}

/** Kinds of one group and version, in order of registration (which is by resource name). */
const served = (kinds: readonly KindInfo[], group: string, version: string): readonly KindInfo[] =>
  kinds
    .filter((info) => info.group === group && info.versions.some((entry) => entry.version === version))
    .toSorted((a, b) => (a.resource < b.resource ? -1 : a.resource > b.resource ? 1 : 0));

const isCustom = (info: KindInfo): boolean => info.versions.every((entry) => entry.schema === '');

/** `/api`. */
const apiVersions = (serverAddress: string): unknown => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
});

function groupEntry(kinds: readonly KindInfo[], group: string): Record<string, unknown> {
  const versions = versionsOf(kinds, group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

/** `/apis`. */
const apiGroupList = (kinds: readonly KindInfo[]): unknown => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(kinds)
    .filter((group) => group !== '')
    .map((group) => groupEntry(kinds, group)),
});

/** `/apis/<group>`, or undefined for an unknown group. */
const apiGroup = (kinds: readonly KindInfo[], group: string): unknown =>
  groupsOf(kinds).includes(group) && group !== '' ? { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(kinds, group) } : undefined;

const lists = (info: KindInfo): Record<string, unknown> => ({
  ...(info.shortNames.length > 0 ? { shortNames: info.shortNames } : {}),
  ...(info.categories.length > 0 ? { categories: info.categories } : {}),
});

/** Verbs in the order in which the apiextensions server lists them for custom resources. */
const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

/** What another server holds is no custom resource: it says itself what can be done with it. */
const verbsOf = (info: KindInfo): readonly string[] => (isCustom(info) && !info.virtual ? CUSTOM_VERBS : info.verbs);

function subresourceEntry(info: KindInfo, part: SubresourceInfo): unknown {
  return {
    name: `${info.resource}/${part.name}`,
    singularName: '',
    namespaced: info.namespaced,
    ...(part.group === undefined ? {} : { group: part.group }),
    ...(part.version === undefined ? {} : { version: part.version }),
    kind: part.kind,
    verbs: part.verbs,
  };
}

function resourceEntry(info: KindInfo): unknown {
  const stored = !info.virtual && info.verbs.includes('list');
  return {
    name: info.resource,
    singularName: info.singular,
    namespaced: info.namespaced,
    kind: info.kind,
    verbs: verbsOf(info),
    ...lists(info),
    ...(stored ? { storageVersionHash: hash64(`${info.group}/${info.storageVersion}/${info.kind}`) } : {}),
  };
}

/** `/api/v1` and `/apis/<group>/<version>`, or undefined for an unknown version. */
function apiResourceList(kinds: readonly KindInfo[], group: string, version: string): unknown {
  const infos = served(kinds, group, version);
  if (infos.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: groupVersionText(group, version),
    resources: infos.flatMap((info) => [resourceEntry(info), ...info.subresources.map((part) => subresourceEntry(info, part))]),
  };
}

/** The document at a path of the plain form, `/api/v1` as `['api', 'v1']`; undefined where there is none. */
export function discoveryDocument(kinds: readonly KindInfo[], [root, ...rest]: readonly string[], serverAddress: string): unknown {
  if (root !== 'api' && root !== 'apis') return undefined;
  const [group, version] = root === 'api' ? ['', rest[0]] : rest;
  if (rest.length === 0) return root === 'api' ? apiVersions(serverAddress) : apiGroupList(kinds);
  return version === undefined ? apiGroup(kinds, group as string) : apiResourceList(kinds, group as string, version);
}

/** The versions of the aggregated format that clients ask for. */
export type AggregatedVersion = 'v2' | 'v2beta1';

/** Built-in kinds leave group and version of their own response kind empty; custom ones fill them. */
function responseKind(info: KindInfo, version: string, part?: SubresourceInfo): unknown {
  if (part?.group !== undefined) return { group: part.group, version: part.version ?? '', kind: part.kind };
  const kind = part?.kind ?? info.kind;
  return isCustom(info) ? { group: info.group, version, kind } : { group: '', version: '', kind };
}

function aggregatedResource(info: KindInfo, version: string): unknown {
  const subresources = info.subresources.map((part) => ({
    subresource: part.name,
    responseKind: responseKind(info, version, part),
    verbs: part.verbs,
  }));
  return {
    resource: info.resource,
    responseKind: responseKind(info, version),
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: verbsOf(info),
    ...lists(info),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** `/api` (core only) or `/apis` (all other groups) as one document. */
export function aggregatedDiscovery(kinds: readonly KindInfo[], isCore: boolean, format: AggregatedVersion): unknown {
  const groups = groupsOf(kinds).filter((group) => (group === '') === isCore);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${format}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
      versions: versionsOf(kinds, group).map((version) => ({
        version,
        resources: served(kinds, group, version).map((info) => aggregatedResource(info, version)),
        freshness: 'Current',
      })),
    })),
  };
}

/** Whether a group and version is served, and by custom resources only. */
export function groupVersionState(kinds: readonly KindInfo[], group: string, version: string): 'unknown' | 'built-in' | 'custom' {
  const infos = served(kinds, group, version);
  if (infos.length === 0) return 'unknown';
  return infos.every(isCustom) ? 'custom' : 'built-in';
}
