/** Single files and folders of volumes whose content the kubelet writes (test/e2e/storage/subpath.go). */
import { describe } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();

/** Three mounts of one container show the same content: below the volume, at a path of its own. */
function pod(type: string, subPath: string, source: Json): Json {
  const name = `pod-subpath-test-${type}`;
  const mounts = [{ name: 'test-volume', mountPath: '/test-volume', subPath }, { name: 'liveness-probe-volume', mountPath: '/probe-volume' }];
  const init = (suffix: string, volumeMounts: Json[]): Json => ({ name: `init-volume-${suffix}`, image: IMAGES.agnhost, command: ['/bin/true'], volumeMounts });
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name },
    spec: {
      restartPolicy: 'Never', terminationGracePeriodSeconds: 1, securityContext: { seLinuxOptions: { level: 's0:c0,c1' } },
      initContainers: [init('one', [{ name: 'test-volume', mountPath: '/test-volume' }])],
      containers: [{ name: `test-container-subpath-${type}`, image: IMAGES.agnhost, args: ['mounttest'], volumeMounts: mounts }],
      volumes: [{ name: 'test-volume', ...source }, { name: 'liveness-probe-volume', emptyDir: {} }],
    },
  };
}

function read(f: Parameters<Parameters<typeof conformance>[2]>[0], tested: Json, contents: string, file = '/test-volume'): void {
  tested.spec.containers[0].args = ['mounttest', `--file_content_in_loop=${file}`, '--retry_time=20', '--break_on_expected_content=false'];
  f.testContainerOutput(tested, 0, [contents]);
}

describe('Subpath Atomic writer volumes', () => {
  const title = (what: string): string => `Subpath Atomic writer volumes should support subpaths with ${what}`;
  const objects = (f: Parameters<Parameters<typeof conformance>[2]>[0]): void => {
    f.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'my-secret' }, data: { 'secret-key': Buffer.from('secret-value').toString('base64') } });
    f.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'my-configmap' }, data: { 'configmap-key': 'configmap-value' } });
  };

  conformance(title('secret pod'), () => cluster, (f) => {
    objects(f);
    read(f, pod('secret', 'secret-key', { secret: { secretName: 'my-secret' } }), 'secret-value');
  });
  conformance(title('configmap pod'), () => cluster, (f) => {
    objects(f);
    read(f, pod('configmap', 'configmap-key', { configMap: { name: 'my-configmap' } }), 'configmap-value');
  });
  conformance(title('configmap pod with mountPath of existing file'), () => cluster, (f) => {
    objects(f);
    const tested = pod('configmap', 'configmap-key', { configMap: { name: 'my-configmap' } });
    const file = '/etc/resolv.conf';
    tested.spec.containers[0].volumeMounts[0].mountPath = file;
    read(f, tested, 'configmap-value', file);
  });
  conformance(title('downward pod'), () => cluster, (f) => {
    const tested = pod('downwardapi', 'downward/podname', { downwardAPI: { items: [{ path: 'downward/podname', fieldRef: { fieldPath: 'metadata.name' } }] } });
    read(f, tested, 'content of file "/test-volume": pod-subpath-test-downwardapi');
  });
  conformance(title('projected pod'), () => cluster, (f) => {
    objects(f);
    const source = { projected: { sources: [{ configMap: { name: 'my-configmap', items: [{ key: 'configmap-key', path: 'projected/configmap-key' }] } }] } };
    read(f, pod('projected', 'projected/configmap-key', source), 'configmap-value');
  });
});
