/**
 * OpenAPI documents: version 3 for one group and version, version 2 for the whole server.
 *
 * Paths say which operations there are and which query parameters they take (clients look up `dryRun` and
 * `fieldValidation` there); schemas say what the objects look like. Upstream: kube-openapi/pkg/{builder,builder3,handler3}.
 */
import { STRUCTS, structType } from '../schema/types.ts';
import { groupVersionText } from '../registry/kind.ts';
import type { KindInfo } from '../registry/kind.ts';
import { customSchema } from './custom-schema.ts';
import { closure, definitionName, structSchema, wrappedSchemas } from './open-api-schema.ts';
import type { Describe, Flavour, GroupVersionKind, Schema } from './open-api-schema.ts';
import { VERSION } from './version.ts';

/** `api/v1` or `apis/apps/v1`. */
export const documentPath = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`;

const ACTIONS: Readonly<Record<string, string>> = { get: 'get', list: 'list', create: 'post', update: 'put', patch: 'patch', delete: 'delete', deletecollection: 'deletecollection' };
const METHODS: Readonly<Record<string, string>> = { get: 'get', list: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete', deletecollection: 'delete' };
const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'];
const LIST_PARAMETERS = ['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'resourceVersionMatch', 'timeoutSeconds', 'watch'];

const parametersOf = (verb: string): readonly string[] => {
  if (verb === 'create' || verb === 'update') return WRITE_PARAMETERS;
  if (verb === 'patch') return [...WRITE_PARAMETERS, 'force'];
  if (verb === 'delete') return ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy'];
  return verb === 'list' || verb === 'deletecollection' ? LIST_PARAMETERS : [];
};

const parameter = (name: string, flavour: Flavour): Schema =>
  flavour === 'v2'
    ? { name, in: 'query', type: 'string', uniqueItems: true }
    : { name, in: 'query', schema: { type: 'string', uniqueItems: true } };

const pathParameter = (name: string, flavour: Flavour): Schema =>
  flavour === 'v2'
    ? { name, in: 'path', required: true, type: 'string', uniqueItems: true }
    : { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } };

function operation(info: KindInfo, version: string, verb: string, scope: string, flavour: Flavour, kind: GroupVersionKind): Schema {
  return {
    operationId: `${verb}${scope}${version}${info.kind}`,
    parameters: parametersOf(verb).map((name) => parameter(name, flavour)),
    responses: { 200: { description: 'OK' }, 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': ACTIONS[verb],
    'x-kubernetes-group-version-kind': kind,
  };
}

function pathItem(info: KindInfo, version: string, verbs: readonly string[], scope: string, flavour: Flavour, names: readonly string[], kind: GroupVersionKind): Schema {
  const item: Record<string, unknown> = {};
  for (const verb of verbs) item[METHODS[verb] ?? verb] = operation(info, version, verb, scope, flavour, kind);
  return { ...item, parameters: names.map((name) => pathParameter(name, flavour)) };
}

/** The paths of one kind. */
function pathsOf(info: KindInfo, version: string, flavour: Flavour): Readonly<Record<string, Schema>> {
  const base = `/${documentPath(info.group, version)}`;
  const paths: Record<string, Schema> = {};
  const kind = { group: info.group, version, kind: info.kind };
  const collection = info.verbs.filter((verb) => ['list', 'create', 'deletecollection'].includes(verb));
  const single = info.verbs.filter((verb) => ['get', 'update', 'patch', 'delete'].includes(verb));
  const root = info.namespaced ? `${base}/namespaces/{namespace}/${info.resource}` : `${base}/${info.resource}`;
  const names = info.namespaced ? ['namespace'] : [];
  const scope = info.namespaced ? 'Namespaced' : '';
  if (collection.length > 0) paths[root] = pathItem(info, version, collection, scope, flavour, names, kind);
  if (single.length > 0) paths[`${root}/{name}`] = pathItem(info, version, single, scope, flavour, ['name', ...names], kind);
  if (info.namespaced && info.verbs.includes('list')) paths[`${base}/${info.resource}`] = pathItem(info, version, ['list'], 'All', flavour, [], kind);
  for (const part of info.subresources) {
    const verbs = part.verbs.filter((verb) => METHODS[verb] !== undefined);
    const own = { group: part.group ?? info.group, version: part.version ?? version, kind: part.kind };
    paths[`${root}/{name}/${part.name}`] = pathItem(info, version, verbs, `${scope}${part.name}`, flavour, ['name', ...names], own);
  }
  return paths;
}

/** Kinds that every group offers. */
const COMMON_TYPES = ['meta.v1.DeleteOptions', 'meta.v1.Status', 'meta.v1.APIResourceList', 'meta.v1.Patch', 'meta.v1.WatchEvent'];

function listSchema(info: KindInfo, version: string, item: string, flavour: Flavour): Schema {
  const prefix = flavour === 'v2' ? '#/definitions/' : '#/components/schemas/';
  return {
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string' },
      items: { type: 'array', items: { $ref: `${prefix}${item}` } },
      kind: { type: 'string' },
      metadata: { $ref: `${prefix}io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta` },
    },
    'x-kubernetes-group-version-kind': [{ group: info.group, version, kind: info.listKind }],
  };
}

/** `com.example.v1.Widget`: a custom resource's definition. */
const customName = ({ group, kind }: KindInfo, version: string): string => `${group.split('.').toReversed().join('.')}.${version}.${kind}`;

/** Schemas for a set of kinds in one version each. */
function schemas(kinds: readonly (readonly [KindInfo, string])[], flavour: Flavour, describe: Describe): Record<string, Schema> {
  const roots = new Map<string, GroupVersionKind[]>();
  const out: Record<string, Schema> = { ...wrappedSchemas(flavour) };
  for (const [info, version] of kinds) {
    const served = info.versions.find((entry) => entry.version === version);
    if (served === undefined) continue;
    const kind = { group: info.group, version, kind: info.kind };
    if (served.schema === '') {
      const name = customName(info, version);
      out[name] = customSchema(info.openApiSchema?.(version), flavour, kind);
      out[`${name}List`] = listSchema(info, version, name, flavour);
      continue;
    }
    roots.set(served.schema, [...(roots.get(served.schema) ?? []), kind]);
    const name = definitionName(served.schema);
    if (info.verbs.includes('list') && STRUCTS.get(`${served.schema}List`) === undefined) out[`${name}List`] = listSchema(info, version, name, flavour);
    if (STRUCTS.has(`${served.schema}List`)) roots.set(`${served.schema}List`, [{ ...kind, kind: info.listKind }]);
    for (const part of info.subresources) {
      const type = `${(part.group ?? '').split('.')[0] ?? ''}.${part.version ?? ''}.${part.kind}`;
      if (part.group !== undefined && STRUCTS.has(type)) roots.set(type, [{ group: part.group, version: part.version ?? '', kind: part.kind }]);
    }
  }
  for (const name of closure([...roots.keys(), ...COMMON_TYPES, 'meta.v1.ListMeta', 'meta.v1.ObjectMeta'])) {
    out[definitionName(name)] = structSchema(structType(name), flavour, describe, roots.get(name) ?? []);
  }
  return Object.fromEntries(Object.entries(out).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const INFO = { title: 'Kubernetes', version: VERSION.gitVersion };

/** The document of one group and version; undefined when nothing is served there. */
export function openApiV3(kinds: readonly KindInfo[], group: string, version: string, describe: Describe): unknown {
  const served = kinds.filter((info) => info.group === group && info.versions.some((entry) => entry.version === version));
  if (served.length === 0) return undefined;
  return {
    openapi: '3.0.0',
    info: INFO,
    paths: Object.assign({}, ...served.map((info) => pathsOf(info, version, 'v3'))) as unknown,
    components: { schemas: schemas(served.map((info) => [info, version]), 'v3', describe) },
  };
}

/** The document of the whole server. */
export function openApiV2(kinds: readonly KindInfo[], describe: Describe): { readonly definitions: Readonly<Record<string, Schema>> } & Schema {
  const all = kinds.flatMap((info) => info.versions.map((entry) => [info, entry.version] as const));
  return {
    swagger: '2.0',
    info: INFO,
    paths: Object.assign({}, ...all.map(([info, version]) => pathsOf(info, version, 'v2'))) as unknown,
    definitions: schemas(all, 'v2', describe),
  };
}

/** Every group and version with a document, as its path. */
export const documentPaths = (kinds: readonly KindInfo[]): readonly { readonly path: string; readonly group: string; readonly version: string }[] => {
  const found = new Map<string, { path: string; group: string; version: string }>();
  for (const { group, versions } of kinds) {
    for (const { version } of versions) found.set(groupVersionText(group, version), { path: documentPath(group, version), group, version });
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
};
