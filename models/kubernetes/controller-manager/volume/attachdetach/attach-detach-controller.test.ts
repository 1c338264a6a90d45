import { describe, expect, it } from 'vitest';
import type { Client } from '../../../client/client.ts';
import type { Process, Task } from '../../../client/process.ts';
import { NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, VOLUME_ATTACHMENTS } from '../../../client/resources.ts';
import type { KubeObject, Node, VolumeAttachment } from '../../../object/types.ts';
import { controlPlane, type ControlPlane, type Script } from '../../testing/control-plane.ts';

/** What the driver's external attacher does: says that volumes are attached. */
function* attacher(process: Process, client: Client): Task {
  for (;;) {
    yield* process.sleep('attacher', 1_000_000);
    const listed = yield* client.list<VolumeAttachment>(VOLUME_ATTACHMENTS);
    if (!listed.ok) continue;
    for (const attachment of listed.object.items) {
      if (attachment.status?.attached !== true) yield* client.patch(VOLUME_ATTACHMENTS, undefined, attachment.metadata.name, 'application/merge-patch+json', { status: { attached: true } }, { subresource: 'status' });
    }
  }
}

const pod = (name: string, node: string): unknown => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name },
  spec: { nodeName: node, terminationGracePeriodSeconds: 1, containers: [{ name: 'a', image: 'a' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
});

function* disk(client: Client): Task {
  const csi = { driver: 'disk.example.com', volumeHandle: 'disk-1' };
  yield* client.create(PERSISTENT_VOLUMES, undefined, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: '', csi } });
  yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: '1Gi' } } } });
}

const on = (plane: ControlPlane): string[] => plane.list<VolumeAttachment>('volumeattachments').map(({ spec }) => spec.nodeName);
const attached = (plane: ControlPlane, node: string): string[] => (plane.list<Node>('nodes').find(({ metadata }) => metadata.name === node)?.status.volumesAttached ?? []).map(({ name }) => name);
const events = (plane: ControlPlane, name: string): string[] => plane.list<KubeObject>('events').filter((event) => event['involvedObject'].name === name).map((event) => `${event['reason']}: ${event['message']}`);

describe('attach/detach controller', () => {
  it('attaches a volume to the node of its pod, and to another only after it is detached', () => {
    const plane = controlPlane(function* ({ client, process, sleep }: Script): Task {
      process.go(attacher(process, client));
      yield* disk(client);
      yield* client.create(PODS, 'default', pod('first', 'node-1'));
      yield* sleep(10);
      yield* client.create(PODS, 'default', pod('second', 'node-2'));
      yield* sleep(10);
      yield* client.delete(PODS, 'default', 'first');
    });
    plane.run(10);
    expect(on(plane)).toEqual(['node-1']);
    expect(plane.list<KubeObject>('volumeattachments')[0]?.metadata.name).toMatch(/^csi-[0-9a-f]{64}$/);
    expect(attached(plane, 'node-1')).toEqual(['kubernetes.io/csi/disk.example.com^disk-1']);
    expect(events(plane, 'first')).toContain('SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "pv" ');
    plane.run(10);
    expect(on(plane)).toEqual(['node-1']);
    expect(events(plane, 'second')).toEqual(['FailedAttachVolume: Multi-Attach error for volume "pv" Volume is already used by pod(s) first']);
    plane.run(15);
    expect(on(plane)).toEqual(['node-2']);
    expect([attached(plane, 'node-1'), attached(plane, 'node-2').length]).toEqual([[], 1]);
  });

  it('does not take away what a kubelet has in use, unless its node is out of service', () => {
    const plane = controlPlane(function* ({ client, process, sleep }: Script): Task {
      process.go(attacher(process, client));
      yield* disk(client);
      yield* client.create(PODS, 'default', pod('first', 'node-1'));
      yield* sleep(5);
      yield* client.patch(NODES, undefined, 'node-1', 'application/merge-patch+json', { status: { volumesInUse: ['kubernetes.io/csi/disk.example.com^disk-1'] } }, { subresource: 'status' });
      yield* client.delete(PODS, 'default', 'first', { gracePeriodSeconds: 0 });
      yield* sleep(60);
      yield* client.patch(NODES, undefined, 'node-1', 'application/merge-patch+json', { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } });
    });
    plane.run(60);
    expect(plane.list('pods')).toEqual([]);
    expect(on(plane)).toEqual(['node-1']);
    plane.run(20);
    expect(on(plane)).toEqual([]);
    expect(attached(plane, 'node-1')).toEqual([]);
  });
});
