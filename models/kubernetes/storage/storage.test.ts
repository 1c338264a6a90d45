import { describe, expect, it } from 'vitest';
import { createCluster } from '../cluster/simulation.ts';
import type { KubeObject, PersistentVolume, PersistentVolumeClaim, Pod } from '../object/types.ts';

const CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;
const pod = (name: string, script: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  restartPolicy: Never
  containers:
  - name: main
    image: busybox:1.36
    command: [sh, -c, '${script}']
    volumeMounts: [{ name: v, mountPath: /data }]
  volumes: [{ name: v, persistentVolumeClaim: { claimName: data } }]
`;
const phaseOf = (object: KubeObject | undefined): string => object?.['status']?.phase ?? '-';

describe('a claim of the default class', () => {
  it('comes up with its first pod, and what the pod wrote outlives it', () => {
    const cluster = createCluster({ seed: 'storage', nodes: 3 });
    cluster.apply(CLAIM);
    cluster.runFor(10_000_000);
    expect(phaseOf(cluster.get('persistentvolumeclaims', 'default', 'data'))).toBe('Pending');
    cluster.apply(pod('writer', 'echo kept > /data/file'));
    expect(cluster.runUntil((at) => phaseOf(at.get('pods', 'default', 'writer')) === 'Succeeded', 60_000_000)).toBe(true);
    const claim = cluster.get('persistentvolumeclaims', 'default', 'data') as PersistentVolumeClaim;
    const volume = cluster.get('persistentvolumes', undefined, claim.spec.volumeName ?? '') as PersistentVolume;
    expect([claim.spec.storageClassName, phaseOf(claim), phaseOf(volume), volume.metadata.name]).toEqual(['standard', 'Bound', 'Bound', `pvc-${claim.metadata.uid}`]);
    const first = (cluster.get('pods', 'default', 'writer') as Pod).spec.nodeName;
    expect(volume.spec.nodeAffinity?.required?.nodeSelectorTerms[0]?.matchExpressions?.[0]?.values).toEqual([first]);
    cluster.delete(pod('writer', ''));
    cluster.runFor(5_000_000);
    cluster.apply(pod('reader', 'grep kept /data/file'));
    expect(cluster.runUntil((at) => phaseOf(at.get('pods', 'default', 'reader')) === 'Succeeded', 60_000_000)).toBe(true);
    expect((cluster.get('pods', 'default', 'reader') as Pod).spec.nodeName).toBe(first);
  });

  it('goes with its volume when it is deleted after its last pod', () => {
    const cluster = createCluster({ seed: 'storage', nodes: 1 });
    cluster.apply(CLAIM + '---' + pod('writer', 'sleep 1000'));
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    cluster.delete(CLAIM);
    cluster.runFor(10_000_000);
    expect(cluster.get('persistentvolumeclaims', 'default', 'data')?.metadata.deletionTimestamp).toBeDefined();
    cluster.delete(pod('writer', ''));
    cluster.runFor(60_000_000);
    expect([cluster.list('persistentvolumeclaims').length, cluster.list('persistentvolumes').length]).toEqual([0, 0]);
  });

  it('of a StatefulSet are kept over its scaling down and up', () => {
    const cluster = createCluster({ seed: 'storage', nodes: 2 });
    const set = (replicas: number): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: ${replicas}
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      containers: [{ name: main, image: 'busybox:1.36', command: [sh, -c, 'echo x >> /data/starts; sleep 10000'], volumeMounts: [{ name: data, mountPath: /data }] }]
  volumeClaimTemplates: [{ metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }]
`;
    cluster.apply(set(2));
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    expect(cluster.user.refusals).toEqual([]);
    const before = cluster.list('persistentvolumeclaims').map(({ metadata, spec }) => [metadata.name, spec.volumeName]);
    expect(before.map(([name]) => name)).toEqual(['data-db-0', 'data-db-1']);
    cluster.apply(set(1));
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    cluster.apply(set(2));
    expect(cluster.runUntilConverged().isConverged).toBe(true);
    expect(cluster.list('persistentvolumeclaims').map(({ metadata, spec }) => [metadata.name, spec.volumeName])).toEqual(before);
  });
});
