/**
 * From a CustomResourceDefinition to a kind that the server serves like any other.
 * Source: apiextensions-apiserver/pkg/apiserver/customresource_handler.go (`getOrCreateServingInfoFor`),
 * pkg/registry/customresource/{strategy,status_strategy,etcd}.go.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../object/types.ts';
import { compareVersions } from '../discovery/version-order.ts';
import { jsonEqual, type JsonObject } from '../patch/json-value.ts';
import { lazyShape, type Shape } from '../patch/shape.ts';
import { defineKind } from '../registry/define.ts';
import type { Context, KindInfo, PrepareUpdate, ScaleInfo, ServedVersion, Strategy } from '../registry/kind.ts';
import { updateStrategy } from '../registry/strategy.ts';
import { customPrinter } from '../table/custom-printer.ts';
import type { Printer } from '../table/column.ts';
import type { DefinedVersion, Definition, Names, ScalePaths } from './definition.ts';
import { nested, nestedInteger, nestedText, stepsOf, withNested } from './path.ts';
import { compileVersion, decodeCustom, readCustom, validateCustom, validateCustomStatus, validateCustomUpdate, type CustomVersion } from './version.ts';

/** The kind of an established definition. */
export function customKind(definition: Definition): KindInfo {
  const { group, scope, versions, preserveUnknownFields } = definition.spec;
  const names = definition.status.acceptedNames as Names;
  const storage = versions.find((version) => version.storage) ?? (versions[0] as DefinedVersion);
  const served = versions.filter((version) => version.served).toSorted((a, b) => compareVersions(a.name, b.name));
  const compiled = new Map(served.map((version) => [version.name, compileVersion(version, preserveUnknownFields === true)]));
  const byName = new Map(served.map((version) => [version.name, version]));
  const scale = served.map((version) => version.subresources?.scale).find((paths) => paths !== undefined && paths !== null);
  // What a webhook converts goes through the server in the version of the request (webhook-converter.ts).
  const isConverted = definition.spec.conversion?.strategy === 'Webhook';
  const hasStatus = [...compiled.values()].some((version) => version.hasStatus);
  const fields = [...new Set(served.flatMap(selectable))];
  return defineKind({
    group,
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    resource: definition.spec.names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    versions: served.map((version) => ({ ...servedVersion(group, isConverted ? version.name : storage.name, compiled.get(version.name) as CustomVersion), fieldLabels: selectable(version) })),
    storageVersion: storage.name,
    keyPrefix: `${group}/${definition.spec.names.plural}`,
    subresources: [...(hasStatus ? (['status'] as const) : []), ...(scale === undefined ? [] : (['scale'] as const))],
    ...(scale === undefined ? {} : { scale: scaleInfo(scale) }),
    strategy: customStrategy(compiled),
    fieldLabels: fields,
    selectableFields: (object) => Object.fromEntries(fields.map((field) => [field, fieldText(object, field)])),
    unknownField: (field) => `field label not supported: ${field}`,
    definition,
    ...presentation(byName),
  });
}

/** The fields of a version that selectors may name. */
const selectable = ({ selectableFields = [] }: DefinedVersion): readonly string[] => selectableFields.map(({ jsonPath }) => jsonPath.replace(/^\./, ''));

/** How versions look to patches, tables and OpenAPI. */
function presentation(versions: ReadonlyMap<string, DefinedVersion>): Required<Pick<KindInfo, 'shape' | 'printer' | 'openApiSchema'>> {
  const shapes = new Map<string, () => Shape>();
  const printers = new Map<string, Printer>();
  for (const [name, version] of versions) {
    shapes.set(name, lazyShape(version.schema?.openAPIV3Schema));
    printers.set(name, customPrinter(version.additionalPrinterColumns));
  }
  const first = versions.keys().next().value ?? '';
  const of = <T>(map: ReadonlyMap<string, T>, name: string): T => map.get(name) ?? (map.get(first) as T);
  return {
    shape: (name) => of(shapes, name)(),
    printer: (name) => of(printers, name),
    openApiSchema: (name) => versions.get(name)?.schema?.openAPIV3Schema,
  };
}

function servedVersion(group: string, storage: string, version: CustomVersion): ServedVersion {
  const [own, stored] = [`${group}/${version.name}`, `${group}/${storage}`];
  return {
    version: version.name,
    schema: '',
    defaults: (object) => object,
    decode: (sent) => decodeCustom(version, sent as JsonObject),
    toStorage: (object) => (object.apiVersion === stored ? object : { ...object, apiVersion: stored }),
    fromStorage: (object) => readCustom(version, own, object),
  };
}

function fieldText(object: KubeObject, field: string): string {
  const found = nested(object as unknown as JsonObject, stepsOf(field));
  return isLeft(found) || found.right === undefined || found.right === null || typeof found.right === 'object' ? '' : String(found.right);
}

function scaleInfo({ specReplicasPath, statusReplicasPath, labelSelectorPath }: ScalePaths): ScaleInfo {
  const integer = (object: KubeObject, path: string): number => {
    const found = nestedInteger(object as unknown as JsonObject, stepsOf(path));
    return isLeft(found) ? 0 : (found.right ?? 0);
  };
  return {
    replicas: (object) => integer(object, specReplicasPath),
    statusReplicas: (object) => integer(object, statusReplicasPath),
    selector: (object) => {
      const found = labelSelectorPath ? nestedText(object as unknown as JsonObject, stepsOf(labelSelectorPath)) : undefined;
      return found === undefined || isLeft(found) ? '' : (found.right ?? '');
    },
    withReplicas: (object, replicas) => withNested(object as unknown as JsonObject, stepsOf(specReplicasPath), replicas) as unknown as KubeObject,
    missing: (object) => {
      const found = nestedInteger(object as unknown as JsonObject, stepsOf(specReplicasPath));
      if (isLeft(found)) return found.left;
      return found.right === undefined ? `the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist` : undefined;
    },
  };
}

const ROOT: readonly string[] = ['apiVersion', 'kind', 'metadata'];

/** What a change of makes the generation count. */
function counted(object: KubeObject, hasStatus: boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !ROOT.includes(name) && !(hasStatus && name === 'status')));
}

const withoutStatus = (object: KubeObject): KubeObject => {
  if (object['status'] === undefined) return object;
  const { status: _status, ...rest } = object;
  return rest as KubeObject;
};

function customStrategy(versions: ReadonlyMap<string, CustomVersion>): Partial<Strategy> {
  const first = versions.values().next().value as CustomVersion;
  const of = ({ requestVersion }: Context): CustomVersion => versions.get(requestVersion.slice(requestVersion.indexOf('/') + 1)) ?? first;
  const prepareForUpdate: PrepareUpdate = (next, old, context) => {
    const { hasStatus } = of(context);
    const { status } = old;
    const kept = !hasStatus ? next : status === undefined ? withoutStatus(next) : next['status'] === status ? next : { ...next, status };
    const isChanged = !jsonEqual(counted(kept, hasStatus), counted(old, hasStatus));
    const generation = (old.metadata.generation ?? 0) + (isChanged ? 1 : 0);
    return kept.metadata.generation === generation ? kept : { ...kept, metadata: { ...kept.metadata, generation } };
  };
  const prepareStatus: PrepareUpdate = (next, old) => {
    const { managedFields, resourceVersion } = next.metadata;
    const metadata = { ...old.metadata, resourceVersion, ...(managedFields === undefined ? {} : { managedFields }) };
    const kept = { ...withoutStatus(old), metadata };
    return next['status'] === undefined ? kept : { ...kept, status: next['status'] };
  };
  return {
    allowUnconditionalUpdate: false,
    prepareForCreate: (object, context) => {
      const cleared = of(context).hasStatus ? withoutStatus(object) : object;
      return { ...cleared, metadata: { ...cleared.metadata, generation: 1 } };
    },
    validate: (object, context) => validateCustom(of(context), object),
    prepareForUpdate,
    validateUpdate: (next, old, context) => validateCustomUpdate(of(context), next, old, context.warn ?? (() => undefined)),
    subresources: {
      status: updateStrategy({
        prepareForUpdate: prepareStatus,
        validateUpdate: (next, old, context) => validateCustomStatus(of(context), next, old, context.warn ?? (() => undefined)),
      }),
    },
  };
}
