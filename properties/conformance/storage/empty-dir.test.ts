/** emptyDir volumes and those that wrap them (test/e2e/common/storage/empty_dir.go, test/e2e/storage/empty_dir_wrapper.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();

const pod = (medium: string, args: readonly string[], runAsUser?: number): Json => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'pod' },
  spec: {
    restartPolicy: 'Never', volumes: [{ name: 'test-volume', emptyDir: medium === 'tmpfs' ? { medium: 'Memory' } : {} }],
    securityContext: { seLinuxOptions: { level: 's0' }, ...(runAsUser === undefined ? {} : { runAsUser }) },
    containers: [{ name: 'test-container', image: IMAGES.agnhost, args: ['mounttest', ...args], volumeMounts: [{ name: 'test-volume', mountPath: '/test-volume' }] }],
  },
});

describe('EmptyDir volumes', () => {
  for (const [medium, name] of [['tmpfs', 'tmpfs'], ['default', 'default medium']] as const) {
    conformance(`EmptyDir volumes volume on ${name} should have the correct mode`, () => cluster, (f) => {
      const mount = medium === 'tmpfs' ? ['mount type of "/test-volume": tmpfs'] : [];
      f.testContainerOutput(pod(medium, ['--fs_type=/test-volume', '--file_perm=/test-volume']), 0, ['perms of file "/test-volume": -rwxrwxrwx', ...mount]);
    });
  }

  const FILE = '/test-volume/test-file';
  const PERMISSIONS = { '0644': '-rw-r--r--', '0666': '-rw-rw-rw-', '0777': '-rwxrwxrwx' };
  for (const user of ['root', 'non-root']) {
    for (const [mode, text] of Object.entries(PERMISSIONS)) {
      for (const medium of ['tmpfs', 'default']) {
        conformance(`EmptyDir volumes should support (${user},${mode},${medium})`, () => cluster, (f) => {
          const mount = medium === 'tmpfs' ? ['mount type of "/test-volume": tmpfs'] : [];
          const args = ['--fs_type=/test-volume', `--new_file_${mode}=${FILE}`, `--file_perm=${FILE}`];
          f.testContainerOutput(pod(medium, args, user === 'root' ? undefined : 1001), 0, [`perms of file "${FILE}": ${text}`, `content of file "${FILE}": mount-tester new file`, ...mount]);
        });
      }
    }
  }

  conformance('EmptyDir volumes pod should support shared volumes between containers', () => cluster, (f) => {
    const message = 'Hello from the busy-box sub-container';
    const volumeMounts = [{ name: 'shared-data', mountPath: '/usr/share/volumeshare' }];
    f.createSyncRunning(
      f.pod('pod-sharedvolume', {
        restartPolicy: 'Never', volumes: [{ name: 'shared-data', emptyDir: {} }],
        containers: [
          { name: 'busybox-main-container', image: IMAGES.busybox, command: ['/bin/sh'], args: ['-c', 'sleep 100000'], volumeMounts },
          { name: 'busybox-sub-container', image: IMAGES.busybox, command: ['/bin/sh'], args: ['-c', `echo ${message} > /pod-data/shareddata.txt`], volumeMounts: [{ name: 'shared-data', mountPath: '/pod-data' }] },
        ],
      }),
    );
    expect(f.shell('pod-sharedvolume', 'cat /usr/share/volumeshare/shareddata.txt', 'busybox-main-container')).toBe(message);
  });
});

describe('EmptyDir wrapper volumes', () => {
  conformance('EmptyDir wrapper volumes should not conflict', () => cluster, (f) => {
    f.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' }, data: { 'data-1': 'dmFsdWUtMQo=' } });
    f.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config' }, data: { 'data-1': 'value-1' } });
    f.createSync(
      f.pod('pod-secrets', {
        volumes: [{ name: 'secret-volume', secret: { secretName: 'secret' } }, { name: 'configmap-volume', configMap: { name: 'config' } }],
        containers: [{ name: 'secret-test', image: IMAGES.agnhost, args: ['test-webserver'], volumeMounts: [{ name: 'secret-volume', mountPath: '/etc/secret-volume', readOnly: true }, { name: 'configmap-volume', mountPath: '/etc/config-volume' }] }],
      }),
    );
    f.delete('secrets', 'secret');
    f.delete('configmaps', 'config');
    f.deleteSync('pod-secrets', {});
  });

  conformance('EmptyDir wrapper volumes should not cause race condition when used for configmaps', () => cluster, (f) => {
    const indices = Array.from({ length: 50 }, (_, index) => index);
    for (const index of indices) f.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `racey-configmap-${index}` }, data: { 'data-1': 'value-1' } });
    const [node] = f.must('GET', '/api/v1/nodes').items;
    const labels = { name: 'wrapped-volume-race' };
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }] }] } } };
    const template = {
      metadata: { labels },
      spec: {
        affinity, volumes: indices.map((index) => ({ name: `racey-configmap-${index}`, configMap: { name: `racey-configmap-${index}`, items: [{ key: 'data-1', path: 'data-1' }] } })),
        containers: [{ name: 'test-container', image: IMAGES.agnhost, command: ['sleep', '10000'], volumeMounts: indices.map((index) => ({ name: `racey-configmap-${index}`, mountPath: `/etc/config-${index}` })) }],
      },
    };
    f.create('replicationcontrollers', { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'race' }, spec: { replicas: 5, selector: labels, template } });
    const pods = f.cluster.poll('five pods', () => {
      const found = f.list('pods', 'labelSelector=name%3Dwrapped-volume-race');
      return found.length === 5 ? found : undefined;
    }, 120);
    for (const each of pods) f.waitRunning(each.metadata.name);
  });
});
