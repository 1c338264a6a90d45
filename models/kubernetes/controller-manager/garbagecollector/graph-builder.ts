/**
 * Keeps the dependency graph up to date from informers on all collectable resources, and queues what may have to be collected.
 *
 * Monitors for custom resources come and go with their definitions, checked every 30 s.
 * Source: pkg/controller/garbagecollector/graph_builder.go.
 */
import { allResources, CUSTOM_RESOURCE_DEFINITIONS, keyOfResource, type ApiResource } from '../../client/discovery.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { Lru } from '../../client/lru.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isTerminating } from '../../object/meta.ts';
import type { KubeObject, OwnerReference } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { DependencyGraph, type GraphNode, type Identity } from './graph.ts';
import { alternateIdentity, isSameIdentity, partitionDependents } from './owner-coordinates.ts';

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';
/** garbagecollector.go: absent owner cache 500; discovery refresh 30 s. */
const ABSENT_OWNERS = 500;
const REFRESH = 30_000_000;
const NO_OWNERS: readonly OwnerReference[] = [];

export interface GraphSinks {
  attemptToDelete(node: GraphNode): void;
  /** After a while that grows with each time. */
  attemptToDeleteLater(node: GraphNode): void;
  attemptToOrphan(node: GraphNode): void;
}

export class GraphBuilder {
  readonly graph = new DependencyGraph();
  readonly absentOwners = new Lru<true>(ABSENT_OWNERS);
  readonly informers: SharedInformer<KubeObject>[] = [];
  private readonly context: ControllerContext;
  private readonly recorder: EventRecorder;
  private readonly sinks: GraphSinks;
  private readonly monitored = new Set<string>();
  private readonly definitions: SharedInformer<KubeObject>;
  private resources: readonly ApiResource[] = [];

  constructor(context: ControllerContext, recorder: EventRecorder, sinks: GraphSinks) {
    this.context = context;
    this.recorder = recorder;
    this.sinks = sinks;
    this.definitions = context.factory.informer(CUSTOM_RESOURCE_DEFINITIONS);
    this.monitorAll();
    this.scheduleRefresh();
  }

  /** The resource of a kind, if the server serves it. */
  resourceOf(apiVersion: string, kind: string): ApiResource | undefined {
    const exact = this.resources.find((resource) => resource.apiVersion === apiVersion && resource.kind === kind);
    if (exact !== undefined) return exact;
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    return this.resources.find((resource) => resource.gvr.group === group && resource.kind === kind);
  }

  private scheduleRefresh(): void {
    this.context.process.after('gc.refresh', REFRESH, () => {
      this.monitorAll();
      this.context.factory.start();
      this.scheduleRefresh();
    });
  }

  private monitorAll(): void {
    this.resources = allResources(this.definitions.indexer.values());
    const current = new Set(this.resources.map(({ gvr }) => keyOfResource(gvr)));
    for (const key of this.monitored) {
      if (current.has(key)) continue;
      this.monitored.delete(key);
      this.context.factory.drop(key);
    }
    for (const resource of this.resources) {
      const key = keyOfResource(resource.gvr);
      // Events have no owners worth following, and there are many of them.
      if (this.monitored.has(key) || resource.gvr.resource === 'events') continue;
      this.monitored.add(key);
      this.monitor(resource);
    }
  }

  private monitor(resource: ApiResource): void {
    const informer = this.context.factory.informer(resource.gvr);
    this.informers.push(informer);
    const { apiVersion, kind } = resource;
    const identify = ({ metadata: { name, namespace = '', uid } }: KubeObject): Identity => ({ apiVersion, kind, name, namespace, uid });
    informer.addEventHandler(
      {
        add: (object) => this.changed(undefined, object, identify),
        update: (old, object) => {
          if (old.metadata.uid !== object.metadata.uid) this.deleted(old.metadata.uid);
          this.changed(old, object, identify);
        },
        delete: (object) => this.deleted(object.metadata.uid),
      },
      0,
    );
  }

  private changed(old: KubeObject | undefined, object: KubeObject, identify: (object: KubeObject) => Identity): void {
    const owners = object.metadata.ownerReferences ?? NO_OWNERS;
    const known = this.graph.get(object.metadata.uid);
    if (known === undefined) {
      const node: GraphNode = {
        identity: identify(object), owners, dependents: new Map(), virtual: false, beingDeleted: isTerminating(object),
        deletingDependents: isTerminating(object) && hasFinalizer(object, FOREGROUND_FINALIZER),
      };
      this.queueVirtual(this.graph.add(node), node);
      this.transition(undefined, object, node);
      return;
    }
    if (known.virtual) {
      const identity = identify(object);
      known.virtual = false;
      this.checkCoordinates(known, identity);
      known.identity = identity;
    }
    if (!semanticEqual(known.owners, owners)) {
      this.unblockOwners(known.owners, owners);
      this.queueVirtual(this.graph.setOwners(known, owners), known);
    }
    if (isTerminating(object)) known.beingDeleted = true;
    this.transition(old, object, known);
  }

  /** References that no longer block may let a waiting owner go. */
  private unblockOwners(before: readonly OwnerReference[], after: readonly OwnerReference[]): void {
    for (const ref of before) {
      if (ref.blockOwnerDeletion !== true) continue;
      const now = after.find(({ uid }) => uid === ref.uid);
      if (now?.blockOwnerDeletion === true) continue;
      const owner = this.graph.get(ref.uid);
      if (owner !== undefined) this.sinks.attemptToDelete(owner);
    }
  }

  private queueVirtual(made: readonly GraphNode[], dependent: GraphNode): void {
    for (const node of made) this.sinks.attemptToDelete(node);
    for (const ref of dependent.owners) {
      const owner = this.graph.get(ref.uid);
      if (owner === undefined || owner.virtual) continue;
      const { namespace, kind, apiVersion, name } = owner.identity;
      const isElsewhere = namespace !== '' && namespace !== dependent.identity.namespace;
      if (isElsewhere) this.reportInvalidNamespace(dependent, ref);
      if (isElsewhere || kind !== ref.kind || apiVersion !== ref.apiVersion || name !== ref.name) this.sinks.attemptToDelete(dependent);
    }
  }

  /** Dependents that named the owner by other coordinates than it turned out to have are checked. */
  private checkCoordinates(virtual: GraphNode, actual: Identity): void {
    for (const dependent of virtual.dependents.values()) {
      const ref = dependent.owners.find(({ uid }) => uid === actual.uid);
      if (ref === undefined) continue;
      const isElsewhere = actual.namespace !== '' && actual.namespace !== dependent.identity.namespace;
      if (isElsewhere) this.reportInvalidNamespace(dependent, ref);
      if (isElsewhere || ref.name !== actual.name || ref.kind !== actual.kind || ref.apiVersion !== actual.apiVersion) this.sinks.attemptToDelete(dependent);
    }
  }

  private reportInvalidNamespace(dependent: GraphNode, ref: OwnerReference): void {
    const { apiVersion, kind, name, namespace, uid } = dependent.identity;
    const text = `[${ref.apiVersion}/${ref.kind}, namespace: ${namespace}, name: ${ref.name}, uid: ${ref.uid}]`;
    const message = `ownerRef ${text} does not exist in namespace "${namespace}"`;
    this.recorder.eventFor({ apiVersion, kind, name, uid, ...(namespace === '' ? {} : { namespace }) }, 'Warning', 'OwnerRefInvalidNamespace', message);
  }

  private transition(old: KubeObject | undefined, object: KubeObject, node: GraphNode): void {
    if (deletionStartsWith(old, object, ORPHAN_FINALIZER)) this.sinks.attemptToOrphan(node);
    else if (deletionStartsWith(old, object, FOREGROUND_FINALIZER)) {
      node.deletingDependents = true;
      for (const dependent of node.dependents.values()) this.sinks.attemptToDelete(dependent);
      this.sinks.attemptToDelete(node);
    }
  }

  /**
   * A live read has found nothing at these coordinates. That is the end of a node only if it has no others: an object that an informer
   * has shown meanwhile stays, and so does one that some dependents know by another name.
   */
  absent(identity: Identity): void {
    const node = this.graph.get(identity.uid);
    if (node === undefined) return;
    const isSame = isSameIdentity(node.identity, identity);
    const { matching, others } = partitionDependents(node.dependents.values(), identity);
    if (node.virtual ? others.length === 0 : isSame) return this.remove(node, identity);
    if (matching.length > 0) this.absentOwners.put(absentKey(identity), true);
    for (const dependent of matching) this.sinks.attemptToDelete(dependent);
    const next = node.virtual && isSame ? alternateIdentity(others, identity) : undefined;
    if (next === undefined) return;
    node.identity = next;
    this.sinks.attemptToDeleteLater(node);
  }

  /** The object is gone, as an event has shown. */
  private deleted(uid: string): void {
    const node = this.graph.get(uid);
    if (node !== undefined) this.remove(node, node.identity);
  }

  private remove(node: GraphNode, identity: Identity): void {
    this.graph.remove(node);
    if (node.dependents.size > 0) this.absentOwners.put(absentKey(identity), true);
    for (const dependent of node.dependents.values()) this.sinks.attemptToDelete(dependent);
    for (const ref of node.owners) {
      const owner = this.graph.get(ref.uid);
      if (owner?.deletingDependents === true) this.sinks.attemptToDelete(owner);
    }
  }
}

export function absentKey({ apiVersion, kind, name, namespace, uid }: Identity): string {
  return [apiVersion, kind, namespace, name, uid].join('\n');
}

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean => object.metadata.finalizers?.includes(finalizer) === true;

function deletionStartsWith(old: KubeObject | undefined, object: KubeObject, finalizer: string): boolean {
  if (!isTerminating(object) || !hasFinalizer(object, finalizer)) return false;
  return old === undefined || !isTerminating(old) || !hasFinalizer(old, finalizer);
}
