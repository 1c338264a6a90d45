/**
 * The dependency graph of the garbage collector: who owns whom, by UID.
 *
 * An owner that nobody has seen gets a virtual node, so that its dependents are found and its existence is checked live.
 * Invariant: a node stands in the dependents of exactly the nodes of its owners. Source: pkg/controller/garbagecollector/graph.go.
 */
import type { OwnerReference } from '../../object/types.ts';

/** What an object is called; enough to find it at the API server. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

export interface GraphNode {
  identity: Identity;
  owners: readonly OwnerReference[];
  readonly dependents: Map<string, GraphNode>;
  /** Deletion was asked for. */
  beingDeleted: boolean;
  /** Deletion waits for the dependents (foreground). */
  deletingDependents: boolean;
  /** Only known from a reference to it. */
  virtual: boolean;
}

export class DependencyGraph {
  private readonly nodes = new Map<string, GraphNode>();

  get size(): number {
    return this.nodes.size;
  }

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  /** Adds a node; returns the virtual nodes that were made for owners nobody has seen. */
  add(node: GraphNode): GraphNode[] {
    this.nodes.set(node.identity.uid, node);
    return this.link(node, node.owners);
  }

  /** Replaces a node's owners; returns new virtual nodes. */
  setOwners(node: GraphNode, owners: readonly OwnerReference[]): GraphNode[] {
    const kept = new Set(owners.map(({ uid }) => uid));
    for (const { uid } of node.owners) if (!kept.has(uid)) this.nodes.get(uid)?.dependents.delete(node.identity.uid);
    node.owners = owners;
    return this.link(node, owners);
  }

  /** Takes a node out; its dependents keep their references to it. */
  remove(node: GraphNode): void {
    this.nodes.delete(node.identity.uid);
    for (const { uid } of node.owners) this.nodes.get(uid)?.dependents.delete(node.identity.uid);
  }

  private link(node: GraphNode, owners: readonly OwnerReference[]): GraphNode[] {
    const made: GraphNode[] = [];
    for (const { apiVersion, kind, name, uid } of owners) {
      let owner = this.nodes.get(uid);
      if (owner === undefined) {
        const identity = { apiVersion, kind, name, uid, namespace: node.identity.namespace };
        owner = { identity, owners: [], dependents: new Map(), beingDeleted: false, deletingDependents: false, virtual: true };
        this.nodes.set(uid, owner);
        made.push(owner);
      }
      owner.dependents.set(node.identity.uid, node);
    }
    return made;
  }
}

/** Dependents whose reference to the node blocks its deletion. */
export function blockingDependents(node: GraphNode): GraphNode[] {
  return [...node.dependents.values()].filter((dependent) =>
    dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === node.identity.uid && blockOwnerDeletion === true),
  );
}
