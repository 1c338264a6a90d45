/** Objects of the storage API through their whole life (test/e2e/storage: csi_*.go, persistent_volumes.go, storageclass.go, volume_attachment.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const GROUP = '/apis/storage.k8s.io/v1';
const MERGE = { contentType: 'application/merge-patch+json' };
const STRATEGIC = { contentType: 'application/strategic-merge-patch+json' };

/** Reads, changes and writes, again after a conflict (retry.RetryOnConflict): the volume controller may write at the same moment. */
function edit(f: Framework, path: string, change: (object: Json) => void, subresource = ''): Json {
  for (let tries = 1; ; tries++) {
    const object = structuredClone(f.must('GET', path));
    change(object);
    const answer = f.try('PUT', `${path}${subresource}`, object);
    if (answer.code !== 409 || tries === 5) {
      expect(answer.code, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    }
  }
}

const count = (f: Framework, collection: string, selector: string): number => f.must('GET', `${collection}?labelSelector=${encodeURIComponent(selector)}`).items.length;
const missing = (f: Framework, path: string): boolean => f.try('GET', path).code === 404;

describe('CSIInlineVolumes', () => {
  conformance('CSIInlineVolumes should support CSIVolumeSource in Pod API', () => cluster, (f) => {
    const driver = 'inline-driver.example';
    f.must('POST', `${GROUP}/csidrivers`, { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: driver }, spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } });
    const pod = f.pod('inline', {
      containers: [{ name: 'pod-csi-inline', image: 'registry.k8s.io/pause:3.10', volumeMounts: [{ name: 'csi', mountPath: '/mnt/test' }] }], restartPolicy: 'Never',
      volumes: [{ name: 'csi', csi: { driver, fsType: 'ext4' } }],
    });
    f.create('pods', pod);
    const listed = f.list('pods');
    expect(listed[0].spec.volumes[0].csi).toMatchObject({ driver, fsType: 'ext4' });
    f.patch('pods', 'inline', { metadata: { labels: { csi: 'patched' } } });
    expect(f.get('pods', 'inline').spec.volumes[0].csi.driver).toBe(driver);
    f.deleteSync('inline', { gracePeriodSeconds: 0 });
    f.must('DELETE', `${GROUP}/csidrivers/${driver}`);
  });

  conformance('CSIInlineVolumes should run through the lifecycle of a CSIDriver', () => cluster, (f) => {
    const driver = (name: string): Json => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name, labels: { 'e2e-test': f.namespace } }, spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } });
    f.must('POST', `${GROUP}/csidrivers`, driver('driver-one.example'));
    f.must('POST', `${GROUP}/csidrivers`, driver('driver-two.example'));
    expect(f.must('PATCH', `${GROUP}/csidrivers/driver-two.example`, { metadata: { labels: { 'driver-two.example': 'patched' } } }, MERGE).metadata.labels).toHaveProperty(['driver-two.example'], 'patched');
    expect(edit(f, `${GROUP}/csidrivers/driver-two.example`, (object) => void (object.metadata.labels['driver-two.example'] = 'updated')).metadata.labels['driver-two.example']).toBe('updated');
    expect(count(f, `${GROUP}/csidrivers`, `e2e-test=${f.namespace}`)).toBe(2);
    f.must('DELETE', `${GROUP}/csidrivers/driver-one.example`);
    expect(missing(f, `${GROUP}/csidrivers/driver-one.example`)).toBe(true);
    f.must('DELETE', `${GROUP}/csidrivers?labelSelector=driver-two.example%3Dupdated`);
    f.cluster.poll('none is left', () => count(f, `${GROUP}/csidrivers`, `e2e-test=${f.namespace}`) === 0);
  });
});

describe('CSINodes', () => {
  conformance('CSINodes CSI Conformance should run through the lifecycle of a csinode', () => cluster, (f) => {
    const node = (name: string): Json => ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers: [] } });
    const first = `${GROUP}/csinodes/e2e-csinode-1`;
    expect(f.must('POST', `${GROUP}/csinodes`, node('e2e-csinode-1')).metadata.name).toBe('e2e-csinode-1');
    expect(f.must('GET', first).metadata.name).toBe('e2e-csinode-1');
    expect(f.must('PATCH', first, { metadata: { labels: { 'e2e-csinode-1': 'patched' } } }, STRATEGIC).metadata.labels['e2e-csinode-1']).toBe('patched');
    expect(count(f, `${GROUP}/csinodes`, 'e2e-csinode-1=patched')).toBe(1);
    f.must('DELETE', first);
    f.cluster.poll('it is gone', () => missing(f, first));
    f.must('POST', `${GROUP}/csinodes`, node('e2e-csinode-2'));
    const second = `${GROUP}/csinodes/e2e-csinode-2`;
    expect(edit(f, second, (object) => void (object.metadata.labels = { 'e2e-csinode-2': 'updated' })).metadata.labels['e2e-csinode-2']).toBe('updated');
    f.must('DELETE', `${GROUP}/csinodes?labelSelector=e2e-csinode-2%3Dupdated`);
    f.cluster.poll('it is gone', () => missing(f, second));
  });
});

describe('CSIStorageCapacity', () => {
  conformance('CSIStorageCapacity should support CSIStorageCapacities API operations', () => cluster, (f) => {
    const capacity = (name: string): Json => ({
      apiVersion: 'storage.k8s.io/v1', kind: 'CSIStorageCapacity', metadata: { name, labels: { test: f.namespace } }, storageClassName: 'sc', nodeTopology: {}, capacity: '100Gi', maximumVolumeSize: '10Gi',
    });
    const all = f.path('storage.k8s.io/v1/csistoragecapacities');
    const selected = `${all}?labelSelector=${encodeURIComponent(`test=${f.namespace}`)}`;
    const watched = f.cluster.watch(selected);
    for (const name of ['one', 'two', 'three']) f.must('POST', all, capacity(name));
    expect(f.try('POST', all, capacity('one')).body.reason).toBe('AlreadyExists');
    expect(f.must('GET', `${all}/one`).capacity).toBe('100Gi');
    expect(f.must('GET', selected).items).toHaveLength(3);
    expect(f.must('GET', `${GROUP}/csistoragecapacities?labelSelector=${encodeURIComponent(`test=${f.namespace}`)}`).items).toHaveLength(3);
    expect(f.must('PATCH', `${all}/one`, { metadata: { annotations: { patched: 'true' } } }, MERGE).metadata.annotations['patched']).toBe('true');
    expect(edit(f, `${all}/one`, (object) => void (object.metadata.annotations['updated'] = 'true')).metadata.annotations['updated']).toBe('true');
    f.cluster.poll('the watch saw it', () => watched.some(({ type, object }) => type === 'MODIFIED' && object.metadata.annotations?.['updated'] === 'true'));
    f.must('DELETE', `${all}/one`);
    expect(missing(f, `${all}/one`)).toBe(true);
    f.must('DELETE', selected);
    expect(f.must('GET', selected).items).toHaveLength(0);
  });
});

describe('PersistentVolumes CSI Conformance', () => {
  const volume = (f: Framework, name: string): Json => ({
    apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name, labels: { 'e2e-pv-pool': f.namespace } },
    spec: {
      capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', storageClassName: `sc-${f.namespace}`,
      csi: { driver: 'driver.example.com', volumeHandle: 'e2e-conformance' },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-that-does-not-exist'] }] }] } },
    },
  });
  const claim = (f: Framework, name: string): Json => ({
    apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, labels: { [name]: 'e2e' } },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: `sc-${f.namespace}`, resources: { requests: { storage: '1Gi' } } },
  });

  conformance('PersistentVolumes CSI Conformance should run through the lifecycle of a PV and a PVC', () => cluster, (f) => {
    const [pv, pvc] = [`/api/v1/persistentvolumes/pv-${f.namespace}`, f.path('persistentvolumeclaims', 'pvc')];
    f.must('POST', '/api/v1/persistentvolumes', volume(f, `pv-${f.namespace}`));
    f.create('persistentvolumeclaims', claim(f, 'pvc'));
    expect(count(f, '/api/v1/persistentvolumes', `e2e-pv-pool=${f.namespace}`)).toBe(1);
    expect(f.list('persistentvolumeclaims')).toHaveLength(1);
    expect(f.must('PATCH', pv, { metadata: { labels: { [f.namespace]: 'patched' } } }, STRATEGIC).metadata.labels[f.namespace]).toBe('patched');
    expect(f.must('PATCH', pvc, { metadata: { labels: { pvc: 'patched' } } }, STRATEGIC).metadata.labels['pvc']).toBe('patched');
    expect(f.must('GET', pv).metadata.uid).toMatch(/-/);
    expect(f.must('GET', pvc).metadata.uid).toMatch(/-/);
    f.must('DELETE', pvc);
    f.cluster.poll('the claim is gone', () => missing(f, pvc), 60);
    f.must('DELETE', pv);
    f.cluster.poll('the volume is gone', () => missing(f, pv), 60);
    f.must('POST', '/api/v1/persistentvolumes', volume(f, `pv-${f.namespace}`));
    f.create('persistentvolumeclaims', claim(f, 'pvc'));
    expect(edit(f, pv, (object) => void (object.metadata.labels[f.namespace] = 'updated')).metadata.labels[f.namespace]).toBe('updated');
    expect(edit(f, pvc, (object) => void (object.metadata.labels.pvc = 'updated')).metadata.labels.pvc).toBe('updated');
    f.deleteCollection('persistentvolumeclaims', 'labelSelector=pvc%3Dupdated');
    f.cluster.poll('the claim is gone', () => missing(f, pvc), 60);
    f.must('DELETE', `/api/v1/persistentvolumes?labelSelector=${f.namespace}%3Dupdated`);
    f.cluster.poll('the volume is gone', () => missing(f, pv), 60);
  });

  conformance('PersistentVolumes CSI Conformance should apply changes to a pv/pvc status', () => cluster, (f) => {
    const [pv, pvc] = [`/api/v1/persistentvolumes/pv-${f.namespace}`, f.path('persistentvolumeclaims', 'pvc')];
    f.must('POST', '/api/v1/persistentvolumes', volume(f, `pv-${f.namespace}`));
    f.create('persistentvolumeclaims', claim(f, 'pvc'));
    f.cluster.poll('the claim is bound or pending', () => ['Bound', 'Pending'].includes(f.must('GET', `${pvc}/status`).status.phase));
    f.cluster.poll('the volume is available or bound', () => ['Available', 'Bound'].includes(f.must('GET', `${pv}/status`).status.phase));
    const condition = (reason: string): Json => ({ type: 'StatusPatched', status: 'True', reason, message: 'Set by e2e test' });
    const patchedClaim = f.must('PATCH', `${pvc}/status`, { metadata: { annotations: { 'e2e-patched': 'true' } }, status: { conditions: [condition('E2E')] } }, MERGE);
    expect(patchedClaim.status.conditions).toContainEqual(expect.objectContaining({ type: 'StatusPatched', reason: 'E2E' }));
    const patchedVolume = f.must('PATCH', `${pv}/status`, { status: { message: 'StatusPatched', reason: 'E2E patchStatus' } }, MERGE);
    expect(patchedVolume.status).toMatchObject({ message: 'StatusPatched', reason: 'E2E patchStatus' });
    const updatedClaim = edit(f, pvc, (object) => void object.status.conditions.push({ type: 'StatusUpdate', status: 'True', reason: 'E2E updateStatus', message: 'Set from e2e test' }), '/status');
    expect(updatedClaim.status.conditions).toContainEqual(expect.objectContaining({ type: 'StatusUpdate', reason: 'E2E updateStatus' }));
    const updatedVolume = edit(f, pv, (object) => {
      object.status.reason = 'E2E updateStatus';
      object.status.message = 'StatusUpdated';
    }, '/status');
    expect(updatedVolume.status).toMatchObject({ message: 'StatusUpdated', reason: 'E2E updateStatus' });
    f.must('DELETE', pvc);
    f.must('DELETE', pv);
  });
});

describe('StorageClasses', () => {
  conformance('StorageClasses CSI Conformance should run through the lifecycle of a StorageClass', () => cluster, (f) => {
    const name = `e2e-sc-${f.namespace}`;
    const path = `${GROUP}/storageclasses/${name}`;
    const storageClass = { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name, labels: { [name]: 'e2e' } }, provisioner: 'e2e-fake-provisioner', volumeBindingMode: 'WaitForFirstConsumer', parameters: {} };
    f.must('POST', `${GROUP}/storageclasses`, storageClass);
    expect(f.must('GET', path).metadata.name).toBe(name);
    expect(f.must('PATCH', path, { metadata: { labels: { [name]: 'patched' } } }, STRATEGIC).metadata.labels[name]).toBe('patched');
    f.must('DELETE', path);
    f.cluster.poll('it is gone', () => missing(f, path));
    f.must('POST', `${GROUP}/storageclasses`, storageClass);
    expect(edit(f, path, (object) => void (object.metadata.labels = { [name]: 'updated' })).metadata.labels[name]).toBe('updated');
    f.must('DELETE', `${GROUP}/storageclasses?labelSelector=${name}%3Dupdated`);
    f.cluster.poll('it is gone', () => missing(f, path));
  });
});

describe('VolumeAttachment', () => {
  const attachment = (f: Framework, name: string): Json => ({
    apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name, labels: { [name]: 'e2e', pool: f.namespace } },
    spec: { attacher: 'e2e-test.storage.k8s.io', nodeName: 'node-that-does-not-exist', source: { persistentVolumeName: 'pv-that-does-not-exist' } },
  });

  conformance('VolumeAttachment Conformance should run through the lifecycle of a VolumeAttachment', () => cluster, (f) => {
    const all = `${GROUP}/volumeattachments`;
    f.must('POST', all, attachment(f, 'va-1'));
    expect(f.must('GET', `${all}/va-1`).metadata.name).toBe('va-1');
    expect(f.must('PATCH', `${all}/va-1`, { metadata: { labels: { 'va-1': 'patched' } } }, STRATEGIC).metadata.labels['va-1']).toBe('patched');
    expect(count(f, all, 'va-1=patched')).toBe(1);
    f.must('DELETE', `${all}/va-1`);
    f.cluster.poll('it is gone', () => missing(f, `${all}/va-1`), 60);
    f.must('POST', all, attachment(f, 'va-2'));
    expect(edit(f, `${all}/va-2`, (object) => void (object.metadata.labels['va-2'] = 'updated')).metadata.labels['va-2']).toBe('updated');
    f.must('POST', all, attachment(f, 'va-3'));
    f.must('DELETE', `${all}?labelSelector=pool%3D${f.namespace}`);
    f.cluster.poll('none is left', () => count(f, all, `pool=${f.namespace}`) === 0, 60);
  });

  conformance('VolumeAttachment Conformance should apply changes to a volumeattachment status', () => cluster, (f) => {
    const all = `${GROUP}/volumeattachments`;
    f.must('POST', all, attachment(f, 'va-s'));
    expect(f.must('PATCH', `${all}/va-s`, { metadata: { labels: { 'va-s': 'patched' } } }, STRATEGIC).metadata.labels['va-s']).toBe('patched');
    expect(f.must('GET', `${all}/va-s/status`).status.attached).toBe(false);
    expect(f.must('PATCH', `${all}/va-s/status`, { status: { attached: true } }, MERGE).status.attached).toBe(true);
    expect(edit(f, `${all}/va-s`, (object) => void (object.status.attached = false), '/status').status.attached).toBe(false);
    f.must('DELETE', `${all}/va-s`);
    f.cluster.poll('it is gone', () => missing(f, `${all}/va-s`), 60);
  });
});
