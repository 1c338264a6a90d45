/** The test image of Kubernetes answers as conformance tests expect. */
import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../../models/kubernetes/object/types.ts';
import { PodCluster } from './pod-cluster.ts';

const IMAGE = 'registry.k8s.io/e2e-test-images/agnhost:2.53';

const pod = (name: string, args: readonly string[], container: object = {}, spec: object = {}): Pod =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: name } }, spec: { ...spec, containers: [{ name: 'c', image: IMAGE, args, ...container }] } }) as unknown as Pod;

const service = (name: string, app: string, port: number): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app }, ports: [{ port }] } }) as unknown as KubeObject;

/** A cluster with a pod that can ask others. */
function withClient(...objects: readonly KubeObject[]): PodCluster {
  const cluster = new PodCluster();
  cluster.apply([pod('client', []), ...objects]);
  cluster.ready('client');
  return cluster;
}

describe('agnhost', () => {
  it('netexec: names, echoes, dials, shells and exits', () => {
    const cluster = withClient(pod('netexec', ['netexec', '--http-port=8083', '--udp-port=8084']), pod('hostname', ['serve-hostname']));
    const { podIP } = cluster.ready('netexec').status;
    const other = cluster.ready('hostname').status.podIP;
    const get = (path: string): string => cluster.shell('client', `curl -s 'http://${podIP}:8083/${path}'`);
    expect(get('hostname')).toBe('netexec');
    expect(get('echo?msg=hello')).toBe('hello');
    expect(get('clientip')).toMatch(new RegExp(`^${cluster.pod('client').status.podIP}:\\d+$`));
    expect(get(`dial?host=${other}&port=9376&request=hostname&protocol=http&tries=2`)).toBe('{"responses":["hostname","hostname"]}');
    expect(get(`dial?host=${podIP}&port=8084&request=echo%20hi&protocol=udp`)).toBe('{"responses":["hi"]}');
    expect(get(`dial?host=${other}&port=1&request=hostname`)).toContain('connect: connection refused');
    expect(get('shell?cmd=echo%20out;exit%203')).toBe('{"error":"exit status 3","output":"out\\n"}');
    expect(get('healthz')).toBe('');
    cluster.shell('client', `curl -s 'http://${podIP}:8083/exit?code=7'`);
    cluster.until('netexec', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1);
    expect(cluster.container('netexec').lastState?.terminated?.exitCode).toBe(7);
  });

  it('mounttest: types, modes, owners and contents', () => {
    const volumes = [{ name: 'v', emptyDir: { medium: 'Memory' } }];
    const mount = { volumeMounts: [{ name: 'v', mountPath: '/test-volume' }] };
    const args = ['mounttest', '--fs_type=/test-volume', '--new_file_0666=/test-volume/test-file', '--file_perm=/test-volume/test-file', '--file_mode=/test-volume', '--file_owner=/test-volume/test-file'];
    const cluster = new PodCluster();
    cluster.apply([pod('m', args, { ...mount, securityContext: { runAsUser: 1001 } }, { volumes, restartPolicy: 'Never', securityContext: { fsGroup: 123 } })]);
    cluster.phase('m', 'Succeeded');
    expect(cluster.logs('m')).toBe(
      'mount type of "/test-volume": tmpfs\ncontent of file "/test-volume/test-file": mount-tester new file\n\nmode of file "/test-volume": dgtrwxrwxrwx\nperms of file "/test-volume/test-file": -rw-rw-rw-\nowner UID of "/test-volume/test-file": 1001\nowner GID of "/test-volume/test-file": 123\n',
    );
  });

  it('the small ones: arguments, resolver, hosts, log lines, an unknown one', () => {
    const cluster = new PodCluster();
    const never = { restartPolicy: 'Never' };
    const dns = { ...never, dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] } };
    cluster.apply([
      pod('ep', ['entrypoint-tester', 'override', 'arguments'], {}, never),
      pod('ep2', ['entrypoint-tester', 'override'], { command: ['/agnhost-2'] }, never),
      pod('suffix', ['dns-suffix'], {}, dns),
      pod('servers', ['dns-server-list'], {}, dns),
      pod('logs', ['logs-generator', '--log-lines-total', '10', '--run-duration', '2s'], {}, never),
      pod('unknown', ['nonsense'], {}, never),
    ]);
    for (const name of ['ep', 'ep2', 'suffix', 'servers', 'logs']) cluster.phase(name, 'Succeeded');
    expect(cluster.logs('ep')).toBe('[/agnhost entrypoint-tester override arguments]\n');
    expect(cluster.logs('ep2')).toBe('[/agnhost-2 entrypoint-tester override]\n');
    expect(cluster.logs('suffix')).toBe('resolv.conf.local\n');
    expect(cluster.logs('servers')).toBe('1.1.1.1\n');
    expect(cluster.logs('logs').trim().split('\n')).toHaveLength(10);
    cluster.phase('unknown', 'Failed');
    expect(cluster.logs('unknown')).toContain('Error: unknown command "nonsense" for "app"');
  });

  it('porter serves its variables, connect says how it went', () => {
    const env = [{ name: 'SERVE_PORT_80', value: 'foo' }, { name: 'SERVE_TCP_PORT_81', value: 'bar' }];
    const cluster = withClient(pod('porter', ['porter'], { env }));
    const { podIP } = cluster.ready('porter').status;
    expect(cluster.shell('client', `curl -s http://${podIP}:80; curl -s http://${podIP}:81`)).toBe('foobar');
    expect(cluster.exec('client', ['/agnhost', 'connect', `${podIP}:80`])).toMatchObject({ exitCode: 0, stderr: '' });
    expect(cluster.exec('client', ['/agnhost', 'connect', `${podIP}:82`])).toMatchObject({ exitCode: 1, stderr: 'REFUSED\n' });
    expect(cluster.exec('client', ['/agnhost', 'connect', 'nobody.example:82']).stderr).toMatch(/^DNS: /);
  });

  it('grpc-health-checking: a probe fails when it is told to', () => {
    const livenessProbe = { grpc: { port: 5000 }, periodSeconds: 1, failureThreshold: 1 };
    const cluster = withClient(pod('grpc', ['grpc-health-checking'], { livenessProbe }));
    const { podIP } = cluster.ready('grpc').status;
    cluster.run(5);
    expect(cluster.container('grpc').restartCount).toBe(0);
    cluster.shell('client', `curl -s http://${podIP}:8080/make-not-serving`);
    cluster.until('grpc', ({ status }) => status.containerStatuses?.[0]?.restartCount === 1, 40);
    expect(cluster.events('grpc')).toContain('Unhealthy: Liveness probe failed: service unhealthy (responded with "NOT_SERVING")');
  });

  it('guestbook: what is written at the frontend reaches the replicas', () => {
    const cluster = withClient(
      service('agnhost-primary', 'primary', 6379),
      service('agnhost-replica', 'replica', 6379),
      service('frontend', 'frontend', 80),
      pod('primary', ['guestbook', '--http-port', '6379']),
      pod('replica', ['guestbook', '--replicaof', 'agnhost-primary', '--http-port', '6379']),
      pod('frontend', ['guestbook', '--backend-port', '6379']),
    );
    cluster.ready('frontend');
    cluster.run(10);
    const ask = (query: string): string => cluster.shell('client', `curl -s 'http://frontend/guestbook?${query}'`);
    expect(ask('cmd=get&key=messages')).toBe('{"data":""}');
    expect(ask('cmd=set&key=messages&value=TestEntry')).toBe('{"message":"Updated"}');
    expect(ask('cmd=get&key=messages')).toBe('{"data":"TestEntry"}');
    expect(ask('cmd=drop')).toBe("unsupported cmd: 'drop'");
  });
});
