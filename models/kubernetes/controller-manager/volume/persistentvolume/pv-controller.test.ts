import { describe, expect, it } from 'vitest';
import type { Task } from '../../../client/process.ts';
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES } from '../../../client/resources.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim } from '../../../object/types.ts';
import { controlPlane, type Script } from '../../testing/control-plane.ts';

const volume = (name: string, size: string, spec: object = {}): unknown => ({
  apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name },
  spec: { capacity: { storage: size }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: '', hostPath: { path: `/tmp/${name}` }, ...spec },
});
const claim = (name: string, size: string, spec: object = {}): unknown => ({
  apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage: size } }, ...spec },
});
const phase = (object: KubeObject | undefined): string => `${object?.metadata.name ?? '-'} ${object?.['status']?.phase ?? '-'}`;
const reasons = (events: readonly KubeObject[], name: string): string[] => events.filter((event) => event['involvedObject'].name === name).map((event) => event['reason'] as string);

describe('persistent volume binder', () => {
  it('binds a claim to the smallest volume that fits, and both show it', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('big', '10Gi'));
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('right', '2Gi'));
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('small', '500Mi'));
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('data', '1Gi'));
    });
    plane.run(10);
    const [bound] = plane.list<PersistentVolumeClaim>('persistentvolumeclaims');
    expect(bound).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' } },
      spec: { volumeName: 'right' },
      status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
    });
    expect(plane.list<PersistentVolume>('persistentvolumes').map(phase).sort()).toEqual(['big Available', 'right Bound', 'small Available']);
    expect(plane.list<PersistentVolume>('persistentvolumes').find(({ metadata }) => metadata.name === 'right')?.spec.claimRef).toMatchObject({ name: 'data', namespace: 'default', uid: bound?.metadata.uid });
  });

  it('waits for a volume that comes later, by its resync', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('data', '1Gi'));
      yield* sleep(5);
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('late', '1Gi'));
    });
    plane.run(5);
    expect(plane.list('persistentvolumeclaims').map(phase)).toEqual(['data Pending']);
    expect(reasons(plane.list('events'), 'data')).toEqual(['FailedBinding']);
    plane.run(20);
    expect(plane.list('persistentvolumeclaims').map(phase)).toEqual(['data Bound']);
  });

  it('says why a named volume does not fit', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('small', '1Gi'));
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('data', '2Gi', { volumeName: 'small' }));
    });
    plane.run(5);
    const event = plane.list<KubeObject>('events').find(({ reason }) => reason === 'VolumeMismatch');
    expect(event?.['message']).toBe('Cannot bind to requested volume "small": requested PV is too small');
    expect(plane.list('persistentvolumeclaims').map(phase)).toEqual(['data Pending']);
  });

  it('releases, and deletes, retains or recycles, when the claim is gone', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      for (const policy of ['Delete', 'Retain', 'Recycle']) {
        const name = policy.toLowerCase();
        yield* client.create(PERSISTENT_VOLUMES, undefined, volume(name, '1Gi', { persistentVolumeReclaimPolicy: policy }));
        yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim(`of-${name}`, '1Gi', { volumeName: name }));
      }
      yield* sleep(5);
      for (const name of ['delete', 'retain', 'recycle']) yield* client.delete(PERSISTENT_VOLUME_CLAIMS, 'default', `of-${name}`);
    }, { podLife: () => ({ endsAfter: 1, phase: 'Succeeded' }) });
    plane.run(6);
    expect(plane.list('persistentvolumes').map(phase).sort()).toEqual(['delete Bound', 'recycle Bound', 'retain Bound']);
    plane.run(20);
    expect(plane.list('persistentvolumes').map(phase).sort()).toEqual(['recycle Available', 'retain Released']);
    expect(plane.list<PersistentVolume>('persistentvolumes').find(({ metadata }) => metadata.name === 'recycle')?.spec.claimRef?.uid).toBeUndefined();
    expect(plane.list('persistentvolumeclaims')).toEqual([]);
    expect(plane.list('pods')).toEqual([]);
  });

  it('marks a claim Lost whose volume was taken away', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('one', '1Gi'));
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('data', '1Gi'));
      yield* sleep(5);
      yield* client.delete(PERSISTENT_VOLUMES, undefined, 'one');
      yield* client.patch(PERSISTENT_VOLUMES, undefined, 'one', 'application/merge-patch+json', { metadata: { finalizers: [] } });
    });
    plane.run(30);
    expect(plane.list('persistentvolumeclaims').map(phase)).toEqual(['data Lost']);
    expect(reasons(plane.list('events'), 'data')).toContain('ClaimLost');
  });

  it('asks an external provisioner, waits for the first consumer where the class says so, and gives old claims the default class', () => {
    const cls = (name: string, mode: string, annotations = {}): unknown => ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, annotations }, provisioner: 'disk.example.com', volumeBindingMode: mode });
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(STORAGE_CLASSES, undefined, cls('now', 'Immediate'));
      yield* client.create(STORAGE_CLASSES, undefined, cls('later', 'WaitForFirstConsumer'));
      const { spec } = claim('x', '1Gi') as { spec: object };
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', { ...(claim('now', '1Gi') as object), spec: { ...spec, storageClassName: 'now' } });
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', { ...(claim('later', '1Gi') as object), spec: { ...spec, storageClassName: 'later' } });
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', { ...(claim('none', '1Gi') as object), spec: { ...spec, storageClassName: undefined } });
      yield* sleep(5);
      yield* client.create(STORAGE_CLASSES, undefined, cls('standard', 'Immediate', { 'storageclass.kubernetes.io/is-default-class': 'true' }));
    });
    plane.run(30);
    const claims = new Map(plane.list<PersistentVolumeClaim>('persistentvolumeclaims').map((object) => [object.metadata.name, object]));
    expect(claims.get('now')?.metadata.annotations).toMatchObject({ 'volume.kubernetes.io/storage-provisioner': 'disk.example.com', 'volume.beta.kubernetes.io/storage-provisioner': 'disk.example.com' });
    expect(reasons(plane.list('events'), 'now')).toEqual(['ExternalProvisioning']);
    expect(reasons(plane.list('events'), 'later')).toEqual(['WaitForFirstConsumer']);
    expect(claims.get('none')?.spec.storageClassName).toBe('standard');
  });
});

describe('protection', () => {
  it('keeps a claim while a scheduled pod uses it, and its volume while it is bound', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(PERSISTENT_VOLUMES, undefined, volume('one', '1Gi'));
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('data', '1Gi'));
      const spec = { containers: [{ name: 'a', image: 'a' }], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] };
      yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'user' }, spec });
      yield* sleep(5);
      yield* client.delete(PERSISTENT_VOLUMES, undefined, 'one');
      yield* client.delete(PERSISTENT_VOLUME_CLAIMS, 'default', 'data');
      yield* sleep(10);
      yield* client.delete(PODS, 'default', 'user');
    });
    plane.run(15);
    expect(plane.list<KubeObject>('persistentvolumeclaims').map(({ metadata }) => [metadata.deletionTimestamp !== undefined, metadata.finalizers])).toEqual([[true, ['kubernetes.io/pvc-protection']]]);
    expect(plane.list('persistentvolumes')).toHaveLength(1);
    plane.run(15);
    expect(plane.list('persistentvolumeclaims')).toEqual([]);
    expect(plane.list('persistentvolumes')).toEqual([]);
  });
});

describe('ephemeral volume controller', () => {
  it("makes a pod's claim, owned by it, and refuses a foreign one", () => {
    const spec = { containers: [{ name: 'a', image: 'a' }], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'x', resources: { requests: { storage: '1Gi' } } } } } }] };
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(PERSISTENT_VOLUME_CLAIMS, 'default', claim('second-scratch', '1Gi'));
      yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'first' }, spec });
      yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'second' }, spec });
    });
    plane.run(5);
    const [mine] = plane.list<KubeObject>('persistentvolumeclaims').filter(({ metadata }) => metadata.name === 'first-scratch');
    expect(mine?.metadata.ownerReferences).toMatchObject([{ kind: 'Pod', name: 'first', controller: true, blockOwnerDeletion: true }]);
    expect(mine?.metadata.labels).toEqual({ a: 'b' });
    const refused = plane.list<KubeObject>('events').find(({ reason, involvedObject }) => reason === 'FailedBinding' && involvedObject.kind === 'Pod');
    expect(refused?.['message']).toBe('ephemeral volume scratch: PVC default/second-scratch was not created for pod default/second (pod is not owner)');
  });
});
