/**
 * Builds a {@link KindInfo} from what is particular about a kind.
 *
 * Most kinds share verbs, conversions and rules; a definition states the differences only, so that a missing rule shows
 * as a missing line and not as a wrong copy. Custom resources are built with the same function (crd/).
 */
import type { KubeObject } from '../../object/types.ts';
import { goQuote } from '../status/go-format.ts';
import { groupVersionText } from './kind.ts';
import type { KindInfo, ServedVersion, Strategy, SubresourceInfo } from './kind.ts';
import { RULES } from './rules.ts';
import { strategy } from './strategy.ts';

const same = (object: KubeObject): KubeObject => object;

/** Verbs of an ordinary stored resource, sorted as discovery sorts them. */
export const ALL_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'] as const;
/** Verbs of `status`, `scale` and the like. */
export const UPDATE_VERBS = ['get', 'patch', 'update'] as const;

/** What a definition states: identity, and everything that differs from an ordinary kind. */
export interface KindDefinition extends Partial<Omit<KindInfo, 'versions' | 'strategy' | 'subresources'>> {
  readonly group: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
  /** Schema name of the only version, or all versions. */
  readonly schema?: string;
  readonly version?: string;
  readonly defaults?: ServedVersion['defaults'];
  readonly versions?: readonly ServedVersion[];
  readonly strategy?: Partial<Strategy>;
  /** Extra subresources; `status` and `scale` may be given as plain names. */
  readonly subresources?: readonly (SubresourceInfo | 'status' | 'scale')[];
}

const subresourceOf = (kind: string, part: SubresourceInfo | 'status' | 'scale'): SubresourceInfo => {
  if (part === 'status') return { name: 'status', kind, verbs: UPDATE_VERBS };
  if (part === 'scale') return { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: UPDATE_VERBS };
  return part;
};

function unknownFieldText(kind: string, labels: readonly string[]): (field: string) => string {
  if (labels.length === 0) {
    return (field) => `${goQuote(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
  }
  if (kind === 'Job') return (field) => `field label ${goQuote(field)} not supported for Job`;
  return (field) => `field label not supported: ${field}`;
}

/** What only custom resources bring along. */
const optional = ({ shape, printer, openApiSchema, definition }: KindDefinition): Pick<KindInfo, 'shape' | 'printer' | 'openApiSchema' | 'definition'> => ({
  ...(shape === undefined ? {} : { shape }),
  ...(printer === undefined ? {} : { printer }),
  ...(openApiSchema === undefined ? {} : { openApiSchema }),
  ...(definition === undefined ? {} : { definition }),
});

/** Completes a definition. */
export function defineKind(part: KindDefinition): KindInfo {
  const version = part.version ?? 'v1';
  const versions = part.versions ?? [
    { version, schema: part.schema ?? '', defaults: part.defaults ?? RULES[part.schema ?? '']?.defaults ?? same, toStorage: same, fromStorage: same },
  ];
  const labels = part.fieldLabels ?? [];
  const rules = RULES[versions.find((entry) => entry.version === part.storageVersion)?.schema ?? versions[0]?.schema ?? ''];
  return {
    group: part.group,
    kind: part.kind,
    listKind: part.listKind ?? `${part.kind}List`,
    resource: part.resource,
    singular: part.singular ?? part.kind.toLowerCase(),
    shortNames: part.shortNames ?? [],
    categories: part.categories ?? [],
    namespaced: part.namespaced,
    verbs: part.verbs ?? ALL_VERBS,
    subresources: (part.subresources ?? []).map((entry) => subresourceOf(part.kind, entry)),
    versions,
    storageVersion: part.storageVersion ?? versions[0]?.version ?? version,
    storage: part.storage ?? { group: part.group, resource: part.resource },
    keyPrefix: part.keyPrefix ?? part.resource,
    strategy: strategy({ ...part.strategy, ...rules?.strategy }),
    ...(part.scale === undefined ? {} : { scale: part.scale }),
    fieldLabels: labels,
    selectableFields: part.selectableFields ?? (() => ({})),
    unknownField: part.unknownField ?? unknownFieldText(part.kind, labels),
    defaultPropagation: part.defaultPropagation ?? 'Background',
    returnDeletedObject: part.returnDeletedObject ?? false,
    graceful: part.graceful ?? false,
    virtual: part.virtual ?? false,
    ...optional(part),
  };
}

/** The `apiVersion` in which a kind is stored. */
export const storageApiVersion = (info: KindInfo): string => groupVersionText(info.storage.group, info.storageVersion);

export { servedVersionOf as servedVersion } from './kind.ts';
