/**
 * Writes types.json and description/*.json: the fields of every API type, out of the maintained type packages.
 *
 * `kubernetes-types` says which group a type belongs to, what is a Quantity and what a field means; the models of
 * `@kubernetes/client-node` say which integer and time formats are meant and what was added since. Fields younger than
 * v1.32 are dropped by the list below. Run by hand after a package update: `node models/.../schema/generate.mjs`.
 *
 * A field is written `name[!]:code`; `!` = required. Codes: s string, b boolean, i int32, l int64, f double, q Quantity,
 * x IntOrString, t Time, u MicroTime, y base64 bytes, o any JSON; `[` list of, `{` map of, otherwise a type name.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as client from '@kubernetes/client-node';

const here = fileURLToPath(new URL('.', import.meta.url));
const packages = fileURLToPath(new URL('../../../../node_modules/', import.meta.url));
const modelsDirectory = `${packages}@kubernetes/client-node/dist/gen/models/`;

const SERVED = [
  'core/v1', 'apps/v1', 'batch/v1', 'autoscaling/v1', 'autoscaling/v2', 'policy/v1', 'networking/v1', 'discovery/v1',
  'storage/v1', 'scheduling/v1', 'node/v1', 'coordination/v1', 'events/v1', 'authentication/v1', 'authorization/v1',
  'rbac/v1', 'certificates/v1', 'admissionregistration/v1', 'apiextensions/v1', 'flowcontrol/v1', 'meta/v1',
];
/** Types that came after the kubernetes-types release, with their group. */
const ADDED_TYPES = {
  core: ['ContainerUser', 'LinuxContainerUser', 'ImageVolumeSource', 'NodeFeatures', 'ResourceHealth', 'ResourceStatus'],
  authorization: ['FieldSelectorAttributes', 'LabelSelectorAttributes'],
  meta: ['FieldSelectorRequirement'],
  apiregistration: ['APIService', 'APIServiceCondition', 'APIServiceSpec', 'APIServiceStatus', 'ServiceReference'],
};
/** `Type.field` that v1.32 does not have. */
const TOO_NEW = new Set([
  'CSIDriverSpec.nodeAllocatableUpdatePeriodSeconds', 'Container.restartPolicyRules', 'ContainerStatus.stopSignal',
  'DeploymentStatus.terminatingReplicas', 'EndpointHints.forNodes', 'EnvVarSource.fileKeyRef',
  'EphemeralContainer.restartPolicyRules', 'Lifecycle.stopSignal', 'NodeSystemInfo.swap', 'PodCondition.observedGeneration',
  'PodSpec.hostnameOverride', 'PodStatus.extendedResourceClaimStatus', 'PodStatus.observedGeneration',
  'ReplicaSetStatus.terminatingReplicas', 'VolumeError.errorCode', 'VolumeProjection.podCertificate',
  'HPAScalingRules.tolerance',
]);
/** `Type.field` that was gone before v1.32. */
const TOO_OLD = new Set(['PodResourceClaim.source']);
/** Fields that the packages type as optional strings although the API differs. */
const OPAQUE = new Set(['RawExtension', 'JSON', 'FieldsV1', 'any', 'object', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray', 'CustomResourceSubresourceStatus']);

const clean = (comment) => comment.replace(/^\/\*\*|\*\/$/g, '').split('\n').map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim();

/** Interfaces of a declaration file: name -> { doc, fields: [{ name, optional, type, doc }] }. */
function parseDeclarations(text) {
  const found = new Map();
  const start = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?export (?:declare )?(?:interface|class) (\w+)[^{]*\{/g;
  for (let match = start.exec(text); match !== null; match = start.exec(text)) {
    const fields = [];
    let at = start.lastIndex;
    for (;;) {
      const rest = text.slice(at);
      const space = /^(\s*)(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)?\s*/.exec(rest);
      at += space[0].length;
      if (text[at] === '}' || at >= text.length) break;
      const head = /^(?:readonly )?["']?([\w$-]+)["']?(\??):\s*/.exec(text.slice(at));
      let end = at + (head ? head[0].length : 0);
      const from = end;
      for (let depth = 0; end < text.length && !(text[end] === ';' && depth === 0); end++) {
        if ('{<(['.includes(text[end])) depth++;
        else if ('}>)]'.includes(text[end])) depth--;
      }
      if (head) fields.push({ name: head[1], optional: head[2] === '?', type: text.slice(from, end).trim(), doc: clean(space[2] ?? '') });
      at = end + 1;
    }
    found.set(match[2], { doc: clean((match[1] ?? '').trim()), fields });
  }
  return found;
}

const modelNames = new Set(readdirSync(modelsDirectory).filter((file) => file.endsWith('.js')).map((file) => file.slice(0, -3)));
const PREFIX = { core: 'Core', events: 'Events', discovery: 'Discovery', authentication: 'Authentication', admissionregistration: 'Admissionregistration', apiextensions: 'Apiextensions', apiregistration: 'Apiregistration', storage: 'Storage', flowcontrol: 'Flowcontrol', rbac: 'Rbac' };

function modelOf(group, version, type) {
  const tail = `${version[0].toUpperCase()}${version.slice(1)}${type}`;
  const name = [`${PREFIX[group] ?? ''}${tail}`, tail].find((candidate) => modelNames.has(candidate));
  if (name === undefined || client[name]?.getAttributeTypeMap === undefined) return undefined;
  const declared = parseDeclarations(readFileSync(`${modelsDirectory}${name}.d.ts`, 'utf8')).get(name);
  const attributes = new Map(client[name].getAttributeTypeMap().map((entry) => [entry.baseName, entry]));
  const named = new Map(client[name].getAttributeTypeMap().map((entry) => [entry.name, entry.baseName]));
  return { attributes, declared: declared.fields.filter((f) => named.has(f.name)).map((f) => ({ ...f, name: named.get(f.name) })), doc: declared.doc };
}

const FORMATS = { int32: 'i', int64: 'l', double: 'f', byte: 'y', 'date-time': 't', 'date-time-micro': 'u', 'int-or-string': 'x' };

function codeOf(type, format, resolve) {
  const list = /^Array<([\s\S]*)>$/.exec(type) ?? /^([\s\S]*)\[\]$/.exec(type);
  if (list) return `[${codeOf(list[1], format, resolve)}`;
  const map = /^\{\s*\[\w+: string\]:\s*([\s\S]*?);?\s*\}$/.exec(type);
  if (map) return `{${codeOf(map[1], format, resolve)}`;
  if (type === 'Quantity') return 'q';
  if (type === 'Time') return 't';
  if (type === 'MicroTime' || (type === 'V1MicroTime')) return 'u';
  if (type === 'Date') return FORMATS[format] ?? 't';
  if (type === 'number | string' || type === 'IntOrString') return 'x';
  if (type === 'string' || type.startsWith('"')) return format === 'byte' ? 'y' : format === 'int-or-string' ? 'x' : 's';
  if (type === 'boolean') return 'b';
  if (type === 'number') return FORMATS[format] ?? 'l';
  if (OPAQUE.has(type)) return 'o';
  return resolve(type);
}

const declarations = new Map();
const load = (module) => {
  if (!declarations.has(module)) {
    const text = readFileSync(`${packages}kubernetes-types/${module}.d.ts`, 'utf8');
    const imports = new Map();
    for (const [, names, from] of text.matchAll(/import \{([^}]*)\} from "([^"]+)"/g)) {
      for (const name of names.split(',')) imports.set(name.trim(), from.replace(/^(\.\.\/)+/, '').replace(/^\.\//, `${module.split('/')[0]}/`));
    }
    declarations.set(module, { types: parseDeclarations(text), imports });
  }
  return declarations.get(module);
};
const qualified = (module, type) => `${module.replace('/', '.')}.${type}`;

const types = {};
const descriptions = {};
function emit(module, type, fields, doc, modelFields, resolve, resolveModel) {
  const name = qualified(module, type);
  const byName = new Map((modelFields?.declared ?? []).map((field) => [field.name, field]));
  const known = new Set(fields.map((field) => field.name));
  const all = fields.filter((field) => !TOO_OLD.has(`${type}.${field.name}`)).map((field) => {
    const attribute = modelFields?.attributes.get(field.name);
    return { ...field, code: codeOf(field.type, attribute?.format ?? '', resolve) };
  });
  for (const [field, attribute] of modelFields?.attributes ?? []) {
    if (known.has(field) || TOO_NEW.has(`${type}.${field}`)) continue;
    const declared = byName.get(field);
    all.push({ name: field, optional: declared?.optional ?? true, doc: declared?.doc ?? '', code: codeOf(attribute.type, attribute.format, resolveModel) });
  }
  all.sort((a, b) => (a.name < b.name ? -1 : 1));
  types[name] = all.map((field) => `${field.name}${field.optional ? '' : '!'}:${field.code}`).join(' ');
  const group = module.split('/')[0];
  descriptions[group] ??= {};
  if (doc !== '') descriptions[group][name] = doc;
  for (const field of all) if (field.doc !== '') descriptions[group][`${name}.${field.name}`] = field.doc;
}

const modelType = (group) => (type) => {
  const match = /^(?:[A-Z][a-z]+(?=V\d))?V(\d(?:(?:alpha|beta)\d)?)(\w+)$/.exec(type);
  if (match === null) return 'o';
  const version = `v${match[1]}`;
  for (const module of [`${group}/${version}`, `core/${version}`, `meta/${version}`, 'meta/v1', 'core/v1']) {
    if ((SERVED.includes(module) && load(module).types.has(match[2])) || ADDED_TYPES[module.split('/')[0]]?.includes(match[2])) return qualified(module, match[2]);
  }
  throw new Error(`unknown model type ${type}`);
};

for (const module of SERVED) {
  const { types: declared, imports } = load(module);
  const [group, version] = module.split('/');
  const resolve = (type) => {
    if (declared.has(type)) return qualified(module, type);
    const from = imports.get(type);
    if (from === undefined) throw new Error(`${module}: unresolved ${type}`);
    return qualified(from, type);
  };
  for (const [type, { doc, fields }] of declared) {
    if (OPAQUE.has(type) && type !== 'CustomResourceSubresourceStatus') continue;
    emit(module, type, fields, doc, modelOf(group, version, type), resolve, modelType(group));
  }
}
for (const [group, names] of Object.entries(ADDED_TYPES)) {
  for (const type of names) {
    const model = modelOf(group, 'v1', type);
    emit(`${group}/v1`, type, [], model.doc, model, () => 'o', modelType(group));
  }
}

const sorted = (object) => Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(`${here}types.json`, `${JSON.stringify(sorted(types), null, 1)}\n`);
mkdirSync(`${here}description`, { recursive: true });
for (const [group, entries] of Object.entries(descriptions)) {
  writeFileSync(`${here}description/${group}.json`, `${JSON.stringify(sorted(entries), null, 1)}\n`);
}
