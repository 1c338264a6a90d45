/**
 * A kind of object as controllers name it: what stands in manifests, with the collection where its objects live.
 */
import type { GroupVersionResource } from '../api/message.ts';
import { BUILT_IN_RESOURCES } from '../client/discovery.ts';
import type { KubeObject } from '../object/types.ts';

/** A kind whose objects are of type `T`. Made by {@link kind}. */
export interface Kind<T extends KubeObject = KubeObject> {
  /** As in manifests: `apps/v1`, `v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: GroupVersionResource;
  readonly namespaced: boolean;
  /** Only for the type checker: what objects of this kind are. */
  readonly object?: T;
}

/** What cannot be known of a custom kind. */
export interface CustomKind {
  /** The plural in URLs; default: the kind in lower case with an `s`. */
  readonly plural?: string;
  /** Default true. */
  readonly namespaced?: boolean;
}

/**
 * Names a kind: a built-in one, or a custom one.
 *
 * @example
 * const DEPLOYMENT = kind<Deployment>('apps/v1', 'Deployment');
 * const WEBSITE = kind<Website>('example.com/v1', 'Website');
 */
export function kind<T extends KubeObject = KubeObject>(apiVersion: string, name: string, custom: CustomKind = {}): Kind<T> {
  const builtIn = BUILT_IN_RESOURCES.find((entry) => entry.apiVersion === apiVersion && entry.kind === name);
  if (builtIn !== undefined) return { apiVersion, kind: name, resource: builtIn.gvr, namespaced: builtIn.namespaced };
  const slash = apiVersion.indexOf('/');
  const resource = { group: apiVersion.slice(0, Math.max(0, slash)), version: apiVersion.slice(slash + 1), resource: custom.plural ?? `${name.toLowerCase()}s` };
  return { apiVersion, kind: name, resource, namespaced: custom.namespaced ?? true };
}

/** The group of an `apiVersion`: empty for the core group. */
export const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '');
