/** Pods and nodes that reach each other, and host ports (test/e2e/common/network/networking.go, test/e2e/network/hostport.go). */
import { describe } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();

/** NetworkingTestConfig: a server on each node, a pod that asks, and one with the host's network. */
function networking(f: Framework): { readonly endpoints: readonly Json[] } {
  const probe = { httpGet: { path: '/healthz', port: 8083 }, initialDelaySeconds: 10, timeoutSeconds: 30, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  const nodes = f.must('GET', '/api/v1/nodes').items;
  nodes.forEach((node: Json, index: number) => {
    f.create('pods', f.pod(`netserver-${index}`, {
      nodeSelector: { 'kubernetes.io/hostname': node.metadata.name },
      containers: [{ name: 'webserver', image: IMAGES.agnhost, args: ['netexec', '--http-port=8083', '--udp-port=8081'], ports: [{ name: 'http', containerPort: 8083 }, { name: 'udp', containerPort: 8081, protocol: 'UDP' }], livenessProbe: probe, readinessProbe: probe }],
    }));
  });
  const endpoints = nodes.map((_: Json, index: number) => f.waitReady(`netserver-${index}`));
  f.create('pods', f.pod('test-container-pod', { containers: [{ name: 'webserver', image: IMAGES.agnhost, args: ['netexec', '--http-port=9080', '--udp-port=9081'], ports: [{ name: 'http', containerPort: 9080 }] }] }));
  f.create('pods', f.pod('host-test-container-pod', { hostNetwork: true, terminationGracePeriodSeconds: 0, containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['pause'] }] }));
  f.waitReady('test-container-pod');
  f.waitReady('host-test-container-pod');
  return { endpoints };
}

describe('Networking', () => {
  for (const protocol of ['http', 'udp']) {
    conformance(`Networking Granular Checks: Pods should function for intra-pod communication: ${protocol}`, () => cluster, (f) => {
      const { endpoints } = networking(f);
      const { podIP } = f.get('pods', 'test-container-pod').status;
      for (const { metadata, status } of endpoints) {
        f.cluster.poll(`${metadata.name} answers`, () => {
          const port = protocol === 'http' ? 8083 : 8081;
          const { stdout } = f.exec('test-container-pod', ['/bin/sh', '-c', `curl -g -q -s 'http://${podIP}:9080/dial?request=hostname&protocol=${protocol}&host=${status.podIP}&port=${port}&tries=1'`]);
          return (JSON.parse(stdout) as { responses?: string[] }).responses?.[0]?.trim() === metadata.name;
        }, 60);
      }
    }, 'privileged');
    conformance(`Networking Granular Checks: Pods should function for node-pod communication: ${protocol}`, () => cluster, (f) => {
      const { endpoints } = networking(f);
      for (const { metadata, status } of endpoints) {
        const { podIP } = status;
        const command = protocol === 'http' ? `curl -g -q -s --max-time 15 --connect-timeout 1 http://${podIP}:8083/hostName` : `echo hostName | nc -w 1 -u ${podIP} 8081`;
        f.cluster.poll(`${metadata.name} answers`, () => f.exec('host-test-container-pod', ['/bin/sh', '-c', `${command} | grep -v '^\\s*$'`]).stdout.trim() === metadata.name, 60);
      }
    }, 'privileged');
  }
});

describe('HostPort', () => {
  conformance('HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol', () => cluster, (f) => {
    const [node] = f.must('GET', '/api/v1/nodes').items;
    const hostIP = node.status.addresses.find((each: Json) => each.type === 'InternalIP').address;
    const nodeSelector = { 'kubernetes.io/hostname': node.metadata.name };
    const port = 54_323;
    const pod = (name: string, ip: string, protocol: string): void =>
      void f.createSync(f.pod(name, {
        nodeSelector,
        containers: [{
          name: 'agnhost', image: IMAGES.agnhost, args: ['netexec', '--http-port=8080', '--udp-port=8080'], ports: [{ hostPort: port, containerPort: 8080, protocol, hostIP: ip }],
          readinessProbe: { httpGet: { path: '/hostname', port: 8080 } },
        }],
      }, { labels: { app: 'hostport' } }));
    pod('pod1', '127.0.0.1', 'TCP');
    pod('pod2', hostIP, 'TCP');
    pod('pod3', hostIP, 'UDP');
    f.createSync(f.pod('e2e-host-exec', { hostNetwork: true, nodeSelector, terminationGracePeriodSeconds: 0, containers: [{ name: 'e2e-host-exec', image: IMAGES.agnhost, args: ['pause'] }] }));
    const answers = (command: string, expected: string): void => void f.cluster.poll(command, () => f.exec('e2e-host-exec', ['/bin/sh', '-c', command]).stdout.includes(expected), 30);
    answers(`curl -g --connect-timeout 5 --interface ${hostIP} http://127.0.0.1:${port}/hostname`, 'pod1');
    answers(`curl -g --connect-timeout 5 http://${hostIP}:${port}/hostname`, 'pod2');
    f.cluster.poll('UDP is open', () => f.exec('e2e-host-exec', ['/bin/sh', '-c', `nc -vuz -w 5 ${hostIP} ${port}`]).exitCode === 0, 30);
  }, 'privileged');
});
