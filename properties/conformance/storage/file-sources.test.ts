/** Files from config maps, secrets and the downward API, alone and projected (test/e2e/common/storage). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const DATA = { 'data-1': 'value-1', 'data-2': 'value-2', 'data-3': 'value-3' };
const encoded = (data: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

/** One of the four ways to put keys into files: how the object is made and how a volume refers to it. */
interface Source {
  readonly title: string;
  readonly resource: 'configmaps' | 'secrets';
  readonly mountPath: string;
  object(name: string, data: Record<string, string>): Json;
  volume(name: string, options: { items?: Json[]; defaultMode?: number; optional?: boolean }): Json;
}

const configMap = (name: string, data: Record<string, string>): Json => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
const secret = (name: string, data: Record<string, string>): Json => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data: encoded(data) });

const SOURCES: readonly Source[] = [
  { title: 'ConfigMap', resource: 'configmaps', mountPath: '/etc/configmap-volume', object: configMap, volume: (name, options) => ({ configMap: { name, ...options } }) },
  { title: 'Secrets', resource: 'secrets', mountPath: '/etc/secret-volume', object: secret, volume: (secretName, options) => ({ secret: { secretName, ...options } }) },
  {
    title: 'Projected configMap', resource: 'configmaps', mountPath: '/etc/projected-configmap-volume', object: configMap,
    volume: (name, { defaultMode, ...rest }) => ({ projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ configMap: { name, ...rest } }] } }),
  },
  {
    title: 'Projected secret', resource: 'secrets', mountPath: '/etc/projected-secret-volume', object: secret,
    volume: (name, { defaultMode, ...rest }) => ({ projected: { ...(defaultMode === undefined ? {} : { defaultMode }), sources: [{ secret: { name, ...rest } }] } }),
  },
];

const mountTest = (name: string, volumes: Json[], mounts: Record<string, string>, args: readonly string[], spec: Json = {}): Json => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { name },
  spec: {
    restartPolicy: 'Never', volumes, ...spec,
    containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['mounttest', ...args], volumeMounts: Object.entries(mounts).map(([volume, mountPath]) => ({ name: volume, mountPath, readOnly: true })) }],
  },
});

for (const source of SOURCES) {
  const { title, resource, mountPath } = source;
  const isSecret = resource === 'secrets';

  /** Reads one file of a volume, and its mode. */
  const reads = (f: Framework, key: keyof typeof DATA, file: string, mode: string, options: { items?: Json[]; defaultMode?: number } = {}, spec: Json = {}): void => {
    f.create(resource, source.object('object', DATA));
    const path = `${mountPath}/${file}`;
    const pod = mountTest('pod', [{ name: 'v', ...source.volume('object', options) }], { v: mountPath }, [`--file_content=${path}`, `--file_mode=${path}`], spec);
    f.testContainerOutput(pod, 0, [`content of file "${path}": ${DATA[key]}`, `mode of file "${path}": ${mode}`]);
  };
  const mapped = (mode?: number): Json => ({ items: [{ key: 'data-2', path: 'path/to/data-2', ...(mode === undefined ? {} : { mode }) }] });
  const asUser = { securityContext: { runAsUser: 1000 } };

  describe(title, () => {
    conformance(`${title} should be consumable from pods in volume`, () => cluster, (f) => reads(f, 'data-1', 'data-1', '-rw-r--r--'));
    conformance(`${title} should be consumable from pods in volume with defaultMode set`, () => cluster, (f) => reads(f, 'data-1', 'data-1', '-r--------', { defaultMode: 0o400 }));
    conformance(`${title} should be consumable from pods in volume with mappings`, () => cluster, (f) => reads(f, 'data-2', 'path/to/data-2', '-rw-r--r--', mapped()));
    conformance(`${title} should be consumable from pods in volume with mappings and Item ${isSecret ? 'Mode' : 'mode'} set`, () => cluster, (f) => reads(f, 'data-2', 'path/to/data-2', '-r--------', mapped(0o400)));
    if (isSecret) {
      conformance(`${title} should be consumable from pods in volume as non-root with defaultMode and fsGroup set`, () => cluster, (f) =>
        reads(f, 'data-1', 'data-1', '-r--r-----', { defaultMode: 0o440 }, { securityContext: { runAsUser: 1000, fsGroup: 1001 } }));
    } else {
      conformance(`${title} should be consumable from pods in volume as non-root`, () => cluster, (f) => reads(f, 'data-1', 'data-1', '-rw-r--r--', {}, asUser));
      conformance(`${title} should be consumable from pods in volume with mappings as non-root`, () => cluster, (f) => reads(f, 'data-2', 'path/to/data-2', '-rw-r--r--', mapped(), asUser));
    }

    conformance(`${title} should be consumable in multiple volumes in ${isSecret ? 'a pod' : 'the same pod'}`, () => cluster, (f) => {
      f.create(resource, source.object('object', DATA));
      const volumes = [{ name: 'v1', ...source.volume('object', {}) }, { name: 'v2', ...source.volume('object', {}) }];
      f.testContainerOutput(mountTest('pod', volumes, { v1: mountPath, v2: `${mountPath}-2` }, [`--file_content=${mountPath}/data-1`]), 0, [`content of file "${mountPath}/data-1": value-1`]);
    });

    conformance(`${title} optional updates should be reflected in volume`, () => cluster, (f) => {
      f.create(resource, source.object('opt-del', { 'data-1': 'value-1' }));
      f.create(resource, source.object('opt-upd', { 'data-1': 'value-1' }));
      const container = (name: string, file: string): Json => ({
        name: `${name}-volume-test`, image: IMAGES.agnhost, volumeMounts: [{ name, mountPath: `/etc/volumes/${name}`, readOnly: true }],
        args: ['mounttest', '--break_on_expected_content=false', '--retry_time=240', `--file_content_in_loop=/etc/volumes/${name}/${file}`],
      });
      const volumes = [['delete', 'opt-del'], ['update', 'opt-upd'], ['create', 'opt-create']].map(([name = '', object = '']) => ({ name, ...source.volume(object, { optional: true }) }));
      f.createSync(f.pod('pod', { volumes, restartPolicy: 'Never', containers: [container('delete', 'data-1'), container('update', 'data-3'), container('create', 'data-1')] }));
      const eventually = (name: string, text: string): void => void f.cluster.poll(`${name} logs ${text}`, () => f.logs('pod', `${name}-volume-test`).includes(text), 180);
      eventually('create', 'Error reading file /etc/volumes/create/data-1');
      eventually('update', 'Error reading file /etc/volumes/update/data-3');
      eventually('delete', 'value-1');
      f.delete(resource, 'opt-del');
      f.update(resource, 'opt-upd', (object) => {
        object.data = isSecret ? encoded({ 'data-3': 'value-3' }) : { 'data-3': 'value-3' };
      });
      f.create(resource, source.object('opt-create', { 'data-1': 'value-1' }));
      eventually('create', 'value-1');
      eventually('update', 'value-3');
      eventually('delete', 'Error reading file /etc/volumes/delete/data-1');
    });

    if (!isSecret) {
      conformance(`${title} updates should be reflected in volume`, () => cluster, (f) => {
        f.create(resource, source.object('object', { 'data-1': 'value-1' }));
        const args = ['--break_on_expected_content=false', '--retry_time=240', `--file_content_in_loop=${mountPath}/data-1`];
        f.createSync(mountTest('pod', [{ name: 'v', ...source.volume('object', {}) }], { v: mountPath }, args));
        f.cluster.poll('the first value', () => f.logs('pod').includes('value-1'), 180);
        f.update(resource, 'object', (object) => {
          object.data['data-1'] = 'value-2';
        });
        f.cluster.poll('the second value', () => f.logs('pod').includes('value-2'), 180);
      });
    }

    if (!title.startsWith('Projected')) {
      conformance(`${title} should be immutable if \`immutable\` field is set`, () => cluster, (f) => {
        f.create(resource, source.object('object', { 'data-1': 'value-1' }));
        const change = (edit: (object: Json) => void): number => {
          const object = structuredClone(f.get(resource, 'object'));
          edit(object);
          return f.try('PUT', f.path(resource, 'object'), object).code;
        };
        const addKey = (object: Json): void => {
          object.data['data-4'] = Buffer.from('value-4\n').toString('base64');
        };
        expect(change(addKey)).toBe(200);
        expect(change((object) => void (object.immutable = true))).toBe(200);
        expect(change((object) => void (object.data['data-1'] = 'djI='))).toBe(422);
        expect(change((object) => void (object.immutable = false))).toBe(422);
        expect(change((object) => void (object.metadata.labels = { label1: 'value1' }))).toBe(200);
        f.delete(resource, 'object');
      });
    }
  });
}

describe('ConfigMap', () => {
  conformance('ConfigMap binary data should be reflected in volume', () => cluster, (f) => {
    f.create('configmaps', { ...configMap('object', { 'data-1': 'value-1' }), binaryData: { 'dump.bin': Buffer.from([0xde, 0xca, 0xfe, 0xba, 0xd0, 0xfe, 0xff]).toString('base64') } });
    const pod = mountTest('pod', [{ name: 'v', configMap: { name: 'object' } }], { v: '/etc/configmap-volume' }, ['--break_on_expected_content=false', '--retry_time=240', '--file_content_in_loop=/etc/configmap-volume/data-1']);
    pod.spec.containers.push({ ...pod.spec.containers[0], name: 'binary', args: undefined, command: ['hexdump', '-C', '/etc/configmap-volume/dump.bin'] });
    f.create('pods', pod);
    f.waitPod('pod', 'runs', ({ status }) => status.phase === 'Running');
    f.cluster.poll('the text', () => f.logs('pod', 'agnhost-container').includes('value-1'));
    f.cluster.poll('the bytes', () => f.logs('pod', 'binary').includes('de ca fe ba d0 fe ff'));
  });
});

describe('Secrets', () => {
  conformance('Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace', () => cluster, (f) => {
    f.must('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${f.namespace}-other` } });
    f.must('POST', f.path('secrets', undefined, { namespace: `${f.namespace}-other` }), secret('object', { 'this_should_not_match_content_of_other_secret': 'similarly_this_should_not_match_content_of_other_secret\n' }));
    f.create('secrets', secret('object', DATA));
    const path = '/etc/secret-volume/data-1';
    const pod = mountTest('pod', [{ name: 'v', secret: { secretName: 'object' } }], { v: '/etc/secret-volume' }, [`--file_content=${path}`, `--file_mode=${path}`]);
    f.testContainerOutput(pod, 0, [`content of file "${path}": value-1`, `mode of file "${path}": -rw-r--r--`]);
    f.must('DELETE', `/api/v1/namespaces/${f.namespace}-other`);
  });
});

describe.each(['Downward API volume', 'Projected downwardAPI'])('%s', (title) => {
  const volume = (items: Json[], defaultMode?: number): Json => {
    const mode = defaultMode === undefined ? {} : { defaultMode };
    return { name: 'podinfo', ...(title.startsWith('Projected') ? { projected: { ...mode, sources: [{ downwardAPI: { items } }] } } : { downwardAPI: { ...mode, items } }) };
  };
  const field = (path: string, fieldPath: string, mode?: number): Json => ({ path, fieldRef: { apiVersion: 'v1', fieldPath }, ...(mode === undefined ? {} : { mode }) });
  const resource = (path: string, name: string): Json => ({ path, resourceFieldRef: { containerName: 'client-container', resource: name } });
  const pod = (volumes: Json[], args: string[], metadata: Json = {}, container: Json = {}): Json => ({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'downwardapi-volume', ...metadata },
    spec: { restartPolicy: 'Never', volumes, containers: [{ name: 'client-container', image: IMAGES.agnhost, args: ['mounttest', ...args], volumeMounts: [{ name: 'podinfo', mountPath: '/etc/podinfo' }], ...container }] },
  });
  const resources = { resources: { requests: { cpu: '250m', memory: '32Mi' }, limits: { cpu: '1250m', memory: '64Mi' } } };
  const NAME = '--file_content=/etc/podinfo/podname';

  conformance(`${title} should provide podname only`, () => cluster, (f) => void f.testContainerOutput(pod([volume([field('podname', 'metadata.name')])], [NAME]), 0, ['downwardapi-volume\n']));
  conformance(`${title} should set DefaultMode on files`, () => cluster, (f) =>
    void f.testContainerOutput(pod([volume([field('podname', 'metadata.name')], 0o400)], [NAME, '--file_mode=/etc/podinfo/podname']), 0, ['mode of file "/etc/podinfo/podname": -r--------']));
  conformance(`${title} should set mode on item file`, () => cluster, (f) =>
    void f.testContainerOutput(pod([volume([field('podname', 'metadata.name', 0o400)])], [NAME, '--file_mode=/etc/podinfo/podname']), 0, ['mode of file "/etc/podinfo/podname": -r--------']));

  const reads = (what: string, file: string, name: string, expected: string | RegExp, container: Json): void =>
    conformance(`${title} should provide ${what}`, () => cluster, (f) => void f.testContainerOutput(pod([volume([resource(file, name)])], [`--file_content=/etc/podinfo/${file}`], {}, container), 0, [expected]));
  reads("container's cpu limit", 'cpu_limit', 'limits.cpu', '2\n', resources);
  reads("container's memory limit", 'memory_limit', 'limits.memory', '67108864\n', resources);
  reads("container's cpu request", 'cpu_request', 'requests.cpu', '1\n', resources);
  reads("container's memory request", 'memory_request', 'requests.memory', '33554432\n', resources);
  reads('node allocatable (cpu) as default cpu limit if the limit is not set', 'cpu_limit', 'limits.cpu', /": [1-9]/, {});
  reads('node allocatable (memory) as default memory limit if the limit is not set', 'memory_limit', 'limits.memory', /": [1-9]/, {});

  const updates = (what: 'labels' | 'annotations', before: Json, first: string, after: Json, second: string): void =>
    conformance(`${title} should update ${what} on modification`, () => cluster, (f) => {
      const args = ['--break_on_expected_content=false', '--retry_time=120', `--file_content_in_loop=/etc/podinfo/${what}`];
      f.createSync(pod([volume([field(what, `metadata.${what}`)])], args, { [what]: before }));
      f.cluster.poll(first, () => f.logs('downwardapi-volume', 'client-container').includes(first), 180);
      f.update('pods', 'downwardapi-volume', (object) => {
        object.metadata[what] = { ...object.metadata[what], ...after };
      });
      f.cluster.poll(second, () => f.logs('downwardapi-volume', 'client-container').includes(second), 180);
    });
  updates('labels', { key1: 'value1', key2: 'value2' }, 'key1="value1"\n', { key3: 'value3' }, 'key3="value3"\n');
  updates('annotations', { builder: 'bar' }, 'builder="bar"\n', { builder: 'foo' }, 'builder="foo"\n');
});

describe('Projected combined', () => {
  conformance('Projected combined should project all components that make up the projection API', () => cluster, (f) => {
    f.create('configmaps', configMap('cm', { 'configmap-data': 'configmap-value-1' }));
    f.create('secrets', secret('secret', { 'secret-data': 'secret-value-1' }));
    const volume = {
      name: 'podinfo',
      projected: {
        sources: [
          { downwardAPI: { items: [{ path: 'podname', fieldRef: { fieldPath: 'metadata.name' } }, { path: 'cpu_limit', resourceFieldRef: { containerName: 'projected-all-volume-test', resource: 'limits.cpu' } }] } },
          { configMap: { name: 'cm', items: [{ key: 'configmap-data', path: 'configmap-data' }] } },
          { secret: { name: 'secret', items: [{ key: 'secret-data', path: 'secret-data' }] } },
        ],
      },
    };
    const container = { name: 'projected-all-volume-test', image: IMAGES.busybox, command: ['sh', '-c', 'cat /all/podname && cat /all/secret-data && cat /all/configmap-data'], volumeMounts: [{ name: 'podinfo', mountPath: '/all' }] };
    f.testContainerOutput(f.pod('projected', { restartPolicy: 'Never', volumes: [volume], containers: [container] }), 0, ['projected', 'secret-value-1', 'configmap-value-1']);
  });
});

