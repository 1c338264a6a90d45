import { describe, expect, it } from 'vitest';
import type { Node } from '../../../models/kubernetes/object/types.ts';
import { PodCluster } from './pod-cluster.ts';

const OBJECTS = `
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec:
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  claimRef: { namespace: default, name: data }
  csi: { driver: disk.example.com, volumeHandle: disk-1 }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], storageClassName: "", volumeName: disk, resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - { name: c, image: "busybox:1.36", command: [sleep, infinity], volumeMounts: [{ name: v, mountPath: /v }] }
  volumes: [{ name: v, persistentVolumeClaim: { claimName: data } }]
`;

describe('volumes in use', () => {
  it('stand in the status of their node as long as a pod has them, so that nobody detaches them', () => {
    const cluster = new PodCluster();
    const inUse = (): unknown => (cluster.simulation.get('nodes', undefined, 'node-1') as Node).status.volumesInUse;
    expect(inUse()).toBeUndefined();
    cluster.apply(OBJECTS);
    cluster.ready('p');
    cluster.run(11);
    expect(inUse()).toEqual(['kubernetes.io/csi/disk.example.com^disk-1']);
    cluster.request('DELETE', '/api/v1/namespaces/default/pods/p');
    cluster.gone('p');
    cluster.run(11);
    expect(inUse()).toBeUndefined();
  });
});
