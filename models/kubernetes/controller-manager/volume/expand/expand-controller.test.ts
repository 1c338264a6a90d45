import { describe, expect, it } from 'vitest';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES } from '../../../client/resources.ts';
import type { KubeObject } from '../../../object/types.ts';
import { controlPlane, type Script } from '../../testing/control-plane.ts';

const volume = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': 'disk.example.com' } },
  spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'disk', claimRef: { namespace: 'default', name }, csi: { driver: 'disk.example.com', volumeHandle: name } },
});
const claim = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'disk', volumeName: name, resources: { requests: { storage: '1Gi' } } },
});
const expanding = (events: readonly KubeObject[]): unknown[] =>
  events.filter(({ reason }) => reason === 'ExternalExpanding').map((event) => [event['involvedObject'].name, event['type'], event['count'], event['source'].component, event['message']]);

describe('volume expander', () => {
  it('says that an external resizer has to do it, once for each time that more is asked for', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(STORAGE_CLASSES, undefined, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'disk' }, provisioner: 'disk.example.com', allowVolumeExpansion: true });
      for (const name of ['grows', 'stays']) {
        yield* client.create(PERSISTENT_VOLUMES, undefined, volume(name));
        yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim(name));
      }
      yield* sleep(40);
      const ask = (storage: string): Task<unknown> => client.patch(PERSISTENT_VOLUME_CLAIMS, 'default', 'grows', 'application/merge-patch+json', { spec: { resources: { requests: { storage } } } });
      yield* ask('2Gi');
      yield* sleep(10);
      yield* client.patch(PERSISTENT_VOLUME_CLAIMS, 'default', 'grows', 'application/merge-patch+json', { metadata: { labels: { other: 'change' } } });
      yield* sleep(10);
      yield* ask('3Gi');
    }, { manager: { controllers: ['persistentvolume-binder-controller', 'persistentvolume-expander-controller'] } });
    const message = "Ignoring the PVC: didn't find a plugin capable of expanding the volume; waiting for an external controller to process this PVC.";
    plane.run(40);
    expect(plane.list('persistentvolumeclaims').map(({ status }) => status.phase)).toEqual(['Bound', 'Bound']);
    expect(expanding(plane.list('events'))).toEqual([]);
    plane.run(15);
    expect(expanding(plane.list('events'))).toEqual([['grows', 'Warning', 1, 'volume_expand', message]]);
    plane.run(20);
    expect(expanding(plane.list('events'))).toEqual([['grows', 'Warning', 2, 'volume_expand', message]]);
  });
});
