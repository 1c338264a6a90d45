/**
 * What the API server knows about one kind of object: the interface that schema, defaulting, validation, strategies,
 * discovery, printing and the request pipeline share.
 *
 * All functions here are pure: they take frozen objects and return the same reference when nothing changed, or a new
 * object that shares unchanged parts. What they need of the world (time, choices, other objects) comes in a
 * {@link Context}. Upstream spreads this over rest.RESTCreateStrategy, RESTUpdateStrategy and the installer
 * (apiserver/pkg/registry/rest/{create,update,delete}.go, apiserver/pkg/endpoints/installer.go).
 */
import type { Either } from 'fp-ts/lib/Either.js';
import type { UserInfo } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import type { FieldError } from '../status/field-error.ts';
import type { Shape } from '../patch/shape.ts';
import type { Printer } from '../table/column.ts';
import type { Status } from '../status/status.ts';

/** Reads of other objects. The server answers from its watch cache (or the store, where upstream reads live). */
export interface Lookup {
  /** An object in storage form, or nothing. `namespace` is `''` for cluster-scoped resources. */
  get(resource: StorageResource, namespace: string, name: string): KubeObject | undefined;
  /** All objects of a resource in key order; `namespace` `''` means all namespaces. */
  list(resource: StorageResource, namespace: string): readonly KubeObject[];
}

/** A stored resource by its group and plural: `{ group: 'apps', resource: 'deployments' }`. */
export interface StorageResource {
  readonly group: string;
  readonly resource: string;
}

/** What a strategy or plugin may know about the request and the world. */
export interface Context {
  /** RFC 3339 with whole seconds. */
  readonly now: string;
  /** RFC 3339 with six decimals. */
  readonly nowMicro: string;
  readonly user: UserInfo;
  readonly namespace: string;
  readonly dryRun: boolean;
  readonly subresource: string;
  /** The API version (`apps/v1`) that the request was addressed to. */
  readonly requestVersion: string;
  /** One choice in `0..n-1`; `purpose` names the stream. */
  choose(purpose: string, n: number): number;
  readonly lookup: Lookup;
  /** Takes texts of `Warning` headers, where somebody listens. */
  readonly warn?: (text: string) => void;
}

/** A function that rewrites an object before it is written. */
export type Prepare = (object: KubeObject, context: Context) => KubeObject;
/** A function that rewrites `next` knowing what is stored. */
export type PrepareUpdate = (next: KubeObject, old: KubeObject, context: Context) => KubeObject;
export type Validate = (object: KubeObject, context: Context) => readonly FieldError[];
export type ValidateUpdate = (next: KubeObject, old: KubeObject, context: Context) => readonly FieldError[];

/** How an update through the main resource or a subresource is prepared and checked. */
export interface UpdateStrategy {
  readonly prepareForUpdate: PrepareUpdate;
  /** Kind-specific validation; metadata is validated by the caller (strategy/before-update.ts). */
  readonly validateUpdate: ValidateUpdate;
  readonly warningsOnUpdate: (next: KubeObject, old: KubeObject, context: Context) => readonly string[];
}

/** Creation and update of a kind (rest.RESTCreateUpdateStrategy). */
export interface Strategy extends UpdateStrategy {
  readonly prepareForCreate: Prepare;
  readonly validate: Validate;
  readonly warningsOnCreate: (object: KubeObject, context: Context) => readonly string[];
  /** PUT of a missing object creates it. */
  readonly allowCreateOnUpdate: boolean;
  /** PUT without resourceVersion overwrites. */
  readonly allowUnconditionalUpdate: boolean;
  /** Rules for `metadata.name`; `prefix` is set when a generateName is checked. */
  readonly validateName: (name: string, prefix: boolean) => readonly string[];
  /** Whether a status write may change labels and annotations etc. is part of each subresource's prepareForUpdate. */
  readonly subresources: Readonly<Record<string, UpdateStrategy>>;
}

/** What happens to dependents when no propagation policy is given (rest.GarbageCollectionDeleteStrategy). */
export type DefaultPropagation = 'Background' | 'Orphan' | 'Unsupported';

/** One version of a kind, with its schema and its conversions to and from the storage form. */
export interface ServedVersion {
  readonly version: string;
  /** Name in the type table (schema/types.ts), such as `core.v1.Pod`. */
  readonly schema: string;
  /** Fills defaults of this version; returns the same reference when nothing was missing. */
  readonly defaults: (object: KubeObject) => KubeObject;
  /** Custom resources: decodes a body by the version's own schema, with defaults. Left: why it cannot be read. */
  readonly decode?: (sent: unknown) => Either<string, { readonly object: KubeObject; readonly unknown: readonly string[] }>;
  readonly toStorage: (object: KubeObject) => KubeObject;
  readonly fromStorage: (object: KubeObject) => KubeObject;
  /** Custom resources: the fields that selectors may name in this version, instead of the kind's. */
  readonly fieldLabels?: readonly string[];
}

/** A subresource as discovery lists it. */
export interface SubresourceInfo {
  readonly name: string;
  /** Kind of request and response; differs from the parent's for scale, binding, eviction, token, exec. */
  readonly kind: string;
  /** Group and version of that kind where they differ from the parent's. */
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
}

/** Paths of spec.replicas and friends for the scale subresource. */
export interface ScaleInfo {
  readonly replicas: (object: KubeObject) => number;
  readonly statusReplicas: (object: KubeObject) => number;
  /** The serialised selector. */
  readonly selector: (object: KubeObject) => string;
  readonly withReplicas: (object: KubeObject, replicas: number) => KubeObject;
  /** Why the object has no scale, if it has none (custom resources without the field). */
  readonly missing?: (object: KubeObject) => string | undefined;
}

/** Fields that field selectors may name, as `{ 'status.phase': 'Running' }` without metadata.name and namespace. */
export type SelectableFields = (object: KubeObject) => Readonly<Record<string, string>>;

/** One resource of the API. */
export interface KindInfo {
  readonly group: string;
  readonly kind: string;
  readonly listKind: string;
  /** Lower-case plural. */
  readonly resource: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** Sorted, as discovery lists them. */
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceInfo[];
  /** Served versions in order of preference. */
  readonly versions: readonly ServedVersion[];
  /** The version in which objects are stored; strategies see objects in this form. */
  readonly storageVersion: string;
  /** Where objects lie: itself, except events.k8s.io (core events). */
  readonly storage: StorageResource;
  /** Key prefix below `/registry/`, such as `minions`. */
  readonly keyPrefix: string;
  readonly strategy: Strategy;
  readonly scale?: ScaleInfo;
  /** Labels of the fields, in upstream's spelling, for errors; empty for metadata only. */
  readonly fieldLabels: readonly string[];
  readonly selectableFields: SelectableFields;
  /** The 400 text for a field that is no selectable field. */
  readonly unknownField: (field: string) => string;
  readonly defaultPropagation: DefaultPropagation;
  /** DELETE answers with the object even when it is gone (rest.Store.ReturnDeletedObject). */
  readonly returnDeletedObject: boolean;
  /** Whether DELETE is graceful: only Pod. */
  readonly graceful: boolean;
  /** The shape of a custom resource's version, for patches and field ownership; built-in kinds have theirs by schema name. */
  readonly shape?: (version: string) => Shape;
  /** How a custom resource's version is shown in tables. */
  readonly printer?: (version: string) => Printer;
  /** The openAPIV3Schema of a custom resource's version. */
  readonly openApiSchema?: (version: string) => unknown;
  /** The CustomResourceDefinition of a custom resource. */
  readonly definition?: KubeObject;
  /** Nothing is stored: reviews, Binding. POST computes an answer. */
  readonly virtual: boolean;
}

/** A result of one step of the pipeline. */
export type Outcome<A> = Either<Status, A>;

/** `apps/v1`, or `v1` for core. */
export const groupVersionText = (group: string, version: string): string =>
  group === '' ? version : `${group}/${version}`;

/** The served version of a kind, or nothing. */
export const servedVersionOf = (info: KindInfo, version: string): ServedVersion | undefined => info.versions.find((entry) => entry.version === version);
