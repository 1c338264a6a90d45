/**
 * By which coordinates dependents name an owner that they know by its UID.
 *
 * References may disagree, and before the owner has been seen nobody can tell which of them is right: one that was looked for and not found
 * says nothing about the others. Source: pkg/controller/garbagecollector/graph_builder.go (partitionDependents, getAlternateOwnerIdentity).
 */
import type { OwnerReference } from '../../object/types.ts';
import type { GraphNode, Identity } from './graph.ts';

const names = (ref: OwnerReference, { apiVersion, kind, name, uid }: Identity): boolean =>
  ref.uid === uid && ref.kind === kind && ref.apiVersion === apiVersion && ref.name === name;

export const isSameIdentity = (a: Identity, b: Identity): boolean => compare(a, b) === 0;

/** The dependents that name the owner by these coordinates, and those that name it by others; one can be in both lists. */
export function partitionDependents(dependents: Iterable<GraphNode>, owner: Identity): { matching: GraphNode[]; others: GraphNode[] } {
  const matching: GraphNode[] = [];
  const others: GraphNode[] = [];
  for (const dependent of dependents) {
    const isElsewhere = owner.namespace !== '' && owner.namespace !== dependent.identity.namespace;
    const refs = dependent.owners.filter(({ uid }) => uid === owner.uid);
    if (!isElsewhere && refs.some((ref) => names(ref, owner))) matching.push(dependent);
    if (isElsewhere || refs.some((ref) => !names(ref, owner))) others.push(dependent);
  }
  return { matching, others };
}

/** The next coordinates to look for when nothing is at `absent`: all are tried in turn, in order. */
export function alternateIdentity(dependents: Iterable<GraphNode>, absent: Identity): Identity | undefined {
  let first: Identity | undefined;
  let following: Identity | undefined;
  for (const dependent of dependents) {
    for (const ref of dependent.owners) {
      if (ref.uid !== absent.uid) continue;
      const { apiVersion, kind, name, uid } = ref;
      // What is known to have no namespace has none here either.
      const isClusterWide = absent.namespace === '' && apiVersion === absent.apiVersion && kind === absent.kind;
      const identity = { apiVersion, kind, name, uid, namespace: isClusterWide ? '' : dependent.identity.namespace };
      if (isSameIdentity(identity, absent)) continue;
      if (first === undefined || compare(identity, first) < 0) first = identity;
      if (compare(absent, identity) < 0 && (following === undefined || compare(identity, following) < 0)) following = identity;
    }
  }
  return following ?? first;
}

/** Kinds stay together, then namespaces. */
function compare(a: Identity, b: Identity): number {
  for (const field of ['kind', 'apiVersion', 'namespace', 'name', 'uid'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}
