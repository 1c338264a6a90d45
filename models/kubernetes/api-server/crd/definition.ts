/**
 * A CustomResourceDefinition as the rest of this folder reads it.
 * Source: apiextensions-apiserver/pkg/apis/apiextensions/{v1/types.go,helpers.go}.
 */
import type { KubeObject } from '../../object/types.ts';
import type { PrinterColumn } from '../table/custom-printer.ts';
import type { StorageResource } from '../registry/kind.ts';

/** Where definitions are stored. */
export const DEFINITIONS: StorageResource = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
/** The finalizer that holds a definition back until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

/** One CEL rule of a schema (`x-kubernetes-validations`). */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** JSONSchemaProps, as far as structural schemas go. */
export interface JsonSchema {
  readonly type?: string;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly title?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly allOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: string;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

export interface Names {
  readonly plural: string;
  readonly singular?: string;
  readonly kind: string;
  readonly listKind?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

export interface DefinedVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly schema?: { readonly openAPIV3Schema?: JsonSchema };
  readonly subresources?: { readonly status?: unknown; readonly scale?: ScalePaths };
  readonly additionalPrinterColumns?: readonly PrinterColumn[];
  readonly selectableFields?: readonly { readonly jsonPath: string }[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Definition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: Names;
    readonly versions: readonly DefinedVersion[];
    readonly conversion?: { readonly strategy: string; readonly webhook?: Readonly<Record<string, unknown>> };
    readonly preserveUnknownFields?: boolean;
  };
  readonly status: {
    readonly conditions?: readonly Condition[] | null;
    readonly acceptedNames?: Names;
    readonly storedVersions?: readonly string[] | null;
  };
}

export const conditionOf = ({ status }: Definition, type: string): Condition | undefined => status.conditions?.find((entry) => entry.type === type);
export const isConditionTrue = (definition: Definition, type: string): boolean => conditionOf(definition, type)?.status === 'True';

/** The status with a condition set; its time moves only when the status of the condition changes (`SetCRDCondition`). */
export function withCondition(definition: Definition, next: Omit<Condition, 'lastTransitionTime'>, now: string): Definition {
  const conditions = definition.status.conditions ?? [];
  const old = conditions.find(({ type }) => type === next.type);
  const time = old !== undefined && old.status === next.status ? (old.lastTransitionTime ?? now) : now;
  const { type, status, ...words } = next;
  const made: Condition = { type, status, lastTransitionTime: time, ...words };
  const list = old === undefined ? [...conditions, made] : conditions.map((entry) => (entry === old ? made : entry));
  return { ...definition, status: { ...definition.status, conditions: list } };
}
