/**
 * Static pods: manifests in a folder of the node (pkg/kubelet/config/{file,common}.go, pkg/kubelet/pod/mirror_client.go).
 *
 * They run without the API server. What the API shows is a mirror pod that the kubelet creates; deleting the mirror stops
 * nothing, it is made anew.
 */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import { PODS } from '../../client/resources.ts';
import { hex, sha256 } from '../../object/hash.ts';
import { rfc3339 } from '../../object/time.ts';
import type { KubeObject, Node, Pod } from '../../object/types.ts';

/** kubetypes: annotations of pods by their source. */
export const SOURCE = 'kubernetes.io/config.source';
export const MIRROR = 'kubernetes.io/config.mirror';
const HASH = 'kubernetes.io/config.hash';
const SEEN = 'kubernetes.io/config.seen';

export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR] !== undefined;
export const isStatic = ({ metadata }: Pod): boolean => metadata.annotations?.[SOURCE] !== undefined && metadata.annotations[SOURCE] !== 'api';

/** The pod of a manifest file: its name ends with the node's, it tolerates every NoExecute taint. */
export function staticPod(path: string, manifest: unknown, node: string, epoch: number, now: number): Pod {
  const { metadata, spec } = manifest as KubeObject & { spec: Pod['spec'] };
  // Upstream takes the MD5 of manifest, host and path; a content hash of the same length here.
  const uid = metadata.uid || hex(sha256(JSON.stringify([manifest, node, path]))).slice(0, 32);
  const annotations = { ...metadata.annotations, [HASH]: uid, [SEEN]: rfc3339(epoch, now), [SOURCE]: 'file' };
  const tolerations = [...(spec.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: `${metadata.name}-${node.toLowerCase()}`, namespace: metadata.namespace ?? 'default', uid, annotations } as Pod['metadata'],
    spec: { restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', ...spec, nodeName: node, tolerations } as Pod['spec'],
    status: { phase: 'Pending' } as Pod['status'],
  };
}

/** Creates and deletes mirrors, and knows those that the API has. */
export class Mirrors {
  readonly #process: Process;
  readonly #client: Client;
  readonly #node: () => Node | undefined;
  /** By `namespace/name`. */
  readonly #known = new Map<string, Pod>();

  constructor(process: Process, client: Client, node: () => Node | undefined) {
    this.#process = process;
    this.#client = client;
    this.#node = node;
  }

  observe(mirror: Pod): void {
    this.#known.set(keyOf(mirror), mirror);
  }

  forget(mirror: Pod): void {
    if (this.#known.get(keyOf(mirror))?.metadata.uid === mirror.metadata.uid) this.#known.delete(keyOf(mirror));
  }

  /** The mirror of a static pod, if the API has it. */
  of(pod: Pod): Pod | undefined {
    return this.#known.get(keyOf(pod));
  }

  get all(): Pod[] {
    return [...this.#known.values()];
  }

  /** Makes sure that the pod has the mirror that it should have. Failures are tried again at the next sync. */
  *ensure(pod: Pod): Task {
    const present = this.of(pod);
    const hash = pod.metadata.annotations?.[HASH];
    if (present !== undefined && present.metadata.deletionTimestamp === undefined && present.metadata.annotations?.[MIRROR] === hash) return;
    if (present !== undefined) yield* this.delete(present);
    const node = this.#node();
    // A mirror belongs to its node; without one the API server would refuse it.
    if (node === undefined) return;
    const { uid: _uid, ...metadata } = pod.metadata;
    // The watch brings it: then the pod's status is sent to it.
    yield* this.#client.create<Pod>(PODS, pod.metadata.namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [MIRROR]: hash },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid, controller: true }],
      },
      spec: pod.spec,
    });
  }

  *delete(mirror: Pod): Task {
    const { namespace, name, uid } = mirror.metadata;
    yield* this.#client.delete(PODS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid } });
    this.forget(mirror);
  }

  /** Deletes mirrors whose static pod is gone. */
  removeOrphans(hasPod: (mirror: Pod) => boolean): void {
    for (const mirror of this.all) if (!hasPod(mirror)) this.#process.go(this.delete(mirror));
  }
}

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;
