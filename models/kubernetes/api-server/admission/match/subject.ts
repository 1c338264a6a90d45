/**
 * What match conditions, webhooks and policies are told of a request: the request itself, the objects in the version that was asked for,
 * the namespace, and who may do what. Source: apiserver/pkg/admission/plugin/cel/condition.go.
 */
import type { AdmissionWorld, Attributes } from '../plugin.ts';
import type { Subject } from './condition.ts';
import { objectIn, requestOf } from './request.ts';
import type { Shown } from './resource-rule.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };

/** `shown` is the kind and version that the hook or policy sees, `requested` the one that the request named. */
export function subjectOf(attributes: Attributes, shown: Shown, requested: Shown, world: AdmissionWorld): Subject {
  const { context, object, old, namespace } = attributes;
  return {
    request: requestOf(attributes, shown, requested),
    object: objectIn(object, shown),
    oldObject: objectIn(old, shown),
    namespaceObject: namespace === '' ? null : (context.lookup.get(NAMESPACES, '', namespace) ?? null),
    user: context.user,
    decide: world.authorizes,
  };
}
