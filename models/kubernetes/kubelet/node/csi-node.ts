/**
 * The node's CSINode: which CSI drivers it has, and which volume plugins of old it hands to drivers.
 *
 * Until it is there the node is not Ready. Upstream begins to try when the kubelet starts and fails until the node is there;
 * here the first try waits for that. Source: pkg/volume/csi/{csi_plugin,nodeinfomanager/nodeinfomanager}.go.
 */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import { CSI_NODES } from '../../client/resources.ts';
import { isNotFound, type Result } from '../../client/result.ts';
import type { CSINode, Node } from '../../object/types.ts';

/** csi_plugin.go: initBackoff; after six tries upstream's kubelet gives up and is started again. */
const RETRY_US = 15_000;
const RETRY_FACTOR = 6;
const TRIES = 6;
const MIGRATED_PLUGINS = 'storage.alpha.kubernetes.io/migrated-plugins';
/** csi_plugin.go: those of v1.32, all of which are migrated. */
const MIGRATED = [
  'kubernetes.io/aws-ebs', 'kubernetes.io/azure-disk', 'kubernetes.io/azure-file', 'kubernetes.io/cinder', 'kubernetes.io/gce-pd', 'kubernetes.io/portworx-volume',
  'kubernetes.io/vsphere-volume',
].join(',');

export class CSINodeInfo {
  readonly #process: Process;
  readonly #client: Client;
  #error: string | undefined = 'CSINode is not yet initialized';

  constructor(process: Process, client: Client) {
    this.#process = process;
    this.#client = client;
  }

  /** What keeps the node from being Ready. */
  errors(): readonly string[] {
    return this.#error === undefined ? [] : [this.#error];
  }

  /** Makes the CSINode of a node that is registered. */
  *initialize(node: Node): Task {
    for (let tries = 0; ; tries++) {
      const problem = yield* this.#tryInitialize(node);
      this.#error = problem === undefined ? undefined : `failed to initialize CSINode: ${problem}`;
      if (problem === undefined) return;
      yield* this.#process.sleep('csinode.retry', RETRY_US * RETRY_FACTOR ** (tries % TRIES));
    }
  }

  /** tryInitializeCSINodeWithAnnotation; returns what went wrong. */
  *#tryInitialize({ metadata }: Node): Task<string | undefined> {
    const found = yield* this.#client.get<CSINode>(CSI_NODES, undefined, metadata.name);
    if (!found.ok && !isNotFound(found)) return problemOf(found);
    if (!found.ok) return problemOf(yield* this.#client.create<CSINode>(CSI_NODES, undefined, csiNodeOf(metadata)));
    const { annotations } = found.object.metadata;
    if (annotations?.[MIGRATED_PLUGINS] === MIGRATED) return undefined;
    const next = { ...found.object, metadata: { ...found.object.metadata, annotations: { ...annotations, [MIGRATED_PLUGINS]: MIGRATED } } };
    return problemOf(yield* this.#client.update<CSINode>(CSI_NODES, next));
  }
}

const problemOf = (result: Result<unknown>): string | undefined => (result.ok ? undefined : (result.status.message ?? 'no answer'));

function csiNodeOf({ name, uid }: Node['metadata']): CSINode {
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }];
  return { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name, annotations: { [MIGRATED_PLUGINS]: MIGRATED }, ownerReferences }, spec: { drivers: [] } } as unknown as CSINode;
}
