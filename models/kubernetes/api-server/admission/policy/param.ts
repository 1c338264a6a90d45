/**
 * The parameters of a policy binding. Source: apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go (`CollectParams`).
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../../../object/types.ts';
import { groupVersionText, servedVersionOf, type KindInfo, type Lookup } from '../../registry/kind.ts';
import { compileLabelSelector } from '../match/selector.ts';
import type { PolicySpec } from './compiled-policy.ts';

export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: unknown;
  readonly parameterNotFoundAction?: string;
}

/** All parameters to evaluate with; null stands for none. Left: why the binding cannot be used. */
export function collectParams(spec: PolicySpec, ref: ParamRef | undefined, namespace: string, kinds: ReadonlyMap<string, KindInfo>, lookup: Lookup): Either<string, readonly (KubeObject | null)[]> {
  const { paramKind } = spec;
  if (paramKind === undefined || ref === undefined) return right([null]);
  const slash = paramKind.apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', paramKind.apiVersion] : [paramKind.apiVersion.slice(0, slash), paramKind.apiVersion.slice(slash + 1)];
  const info = [...kinds.values()].find((entry) => entry.group === group && entry.kind === paramKind.kind && servedVersionOf(entry, version) !== undefined);
  if (info === undefined) return left(`paramKind kind \`${paramKind.apiVersion}, Kind=${paramKind.kind}\` not known`);
  const place = info.namespaced ? ref.namespace || namespace : '';
  if (info.namespaced && place === '') return left('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  if (!info.namespaced && ref.namespace) return left('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const found = select(ref, place, info, lookup);
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') return left('no params found for policy binding with `Deny` parameterNotFoundAction');
  const apiVersion = groupVersionText(group, version);
  return right(found.map((object) => ({ ...(servedVersionOf(info, version)?.fromStorage(object) ?? object), apiVersion, kind: info.kind })));
}

function select({ name, selector }: ParamRef, namespace: string, info: KindInfo, lookup: Lookup): readonly KubeObject[] {
  if (name) {
    const object = lookup.get(info.storage, namespace, name);
    return object === undefined ? [] : [object];
  }
  const matches = compileLabelSelector(selector) ?? ((): boolean => true);
  return lookup.list(info.storage, namespace).filter(({ metadata }) => matches(metadata.labels ?? {}));
}
