/** The node's lease: a heartbeat every ten seconds (component-helpers/apimachinery/lease/controller.go). */
import type { Client } from '../../client/client.ts';
import type { Process, Task } from '../../client/process.ts';
import { LEASES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { rfc3339Micro } from '../../object/time.ts';
import type { KubeObject, Node } from '../../object/types.ts';

const NAMESPACE = 'kube-node-lease';
/** nodeLeaseDurationSeconds 40, renewed after a quarter of it, plus up to 4 %. */
const DURATION_SECONDS = 40;
const RENEW_US = 10_000_000;
const JITTER_US = 400_000;
const TRIES_MAX = 5;

export function* renewLease(process: Process, client: Client, node: string, epoch: number, owner: () => Node | undefined): Task {
  let lease: KubeObject | undefined;
  for (;;) {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const next: KubeObject | undefined = yield* renewOnce(process, client, node, epoch, owner(), lease);
      if (next !== undefined) {
        lease = next;
        break;
      }
      lease = undefined;
      yield* process.sleep('lease.retry', 200_000);
    }
    yield* process.sleep('lease.renew', RENEW_US + process.choose('lease.jitter', JITTER_US));
  }
}

function* renewOnce(process: Process, client: Client, node: string, epoch: number, owner: Node | undefined, known: KubeObject | undefined): Task<KubeObject | undefined> {
  const renewTime = rfc3339Micro(epoch, process.now);
  let lease = known;
  if (lease === undefined) {
    const found = yield* client.get(LEASES, NAMESPACE, node);
    if (found.ok) lease = found.object;
    else if (!isNotFound(found)) return undefined;
  }
  if (lease === undefined) {
    const ownerReferences = owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: owner.metadata.uid }] };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: node, namespace: NAMESPACE, ...ownerReferences },
      spec: { holderIdentity: node, leaseDurationSeconds: DURATION_SECONDS, renewTime },
    };
    const created = yield* client.create(LEASES, NAMESPACE, body);
    return created.ok ? created.object : undefined;
  }
  const updated = yield* client.update(LEASES, { ...lease, spec: { ...(lease['spec'] as object), holderIdentity: node, leaseDurationSeconds: DURATION_SECONDS, renewTime } });
  return updated.ok ? updated.object : undefined;
}
