/** Services that are changed, reached and looked at (test/e2e/network/service.go, service_latency.go). */
import { describe, expect } from 'vitest';
import { TestCluster } from '../framework/cluster.ts';
import { conformance, type Framework, IMAGES, type Json } from '../framework/framework.ts';

const cluster = new TestCluster();
const service = (name: string, spec: Json, metadata: Json = {}): Json => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, ...metadata }, spec });

/** StartServeHostnameService: a replication controller of pods that answer with their names, and its Service. */
function serveHostname(f: Framework, name: string, spec: Json, replicas: number): Json {
  const selector = { name };
  const template = { metadata: { labels: selector }, spec: { containers: [{ name, image: IMAGES.agnhost, command: ['/agnhost', 'serve-hostname'], ports: [{ containerPort: 9376 }] }] } };
  const made = f.create('services', service(name, { ports: [{ port: 80, targetPort: 9376, protocol: 'TCP' }], selector, ...spec }));
  f.create('replicationcontrollers', { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name }, spec: { replicas, selector, template } });
  f.cluster.poll('all replicas run', () => f.list('pods', `labelSelector=name%3D${name}`).filter((pod: Json) => pod.status.phase === 'Running').length === replicas);
  return made;
}

const execPod = (f: Framework, name: string): Json => f.createSyncRunning(f.pod(name, { terminationGracePeriodSeconds: 0, containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['pause'] }] }));

/** testEndpointReachability. */
function reach(f: Framework, pod: string, host: string, port: number, protocol = 'TCP', seconds = 120): void {
  const command = `echo hostName | nc -v ${protocol === 'TCP' ? '-t' : '-u'} -w 2 ${host} ${port}`;
  f.cluster.poll(`${protocol} ${host}:${port} is reached`, () => {
    const { stdout, exitCode } = f.hostCommand(pod, command);
    return exitCode === 0 && stdout.trim() !== '';
  }, seconds);
}

const nodeAddresses = (f: Framework): string[] => f.must('GET', '/api/v1/nodes').items.map((node: Json) => node.status.addresses.find((each: Json) => each.type === 'InternalIP').address);

/** CheckServiceReachability. */
function checkReachability(f: Framework, name: string, pod: string): void {
  const { spec } = f.get('services', name);
  if (spec.type === 'ExternalName') {
    f.cluster.poll('the alias resolves', () => f.hostCommand(pod, `nslookup ${name}.${f.namespace}.svc.cluster.local`).exitCode === 0);
    return;
  }
  for (const { port, nodePort, protocol } of spec.ports) {
    reach(f, pod, name, port, protocol);
    reach(f, pod, spec.clusterIP, port, protocol);
    if (spec.type === 'NodePort') for (const address of nodeAddresses(f)) reach(f, pod, address, nodePort, protocol);
  }
}

/** checkAffinity: the last fifteen answers come from one pod, or do not. */
function checkAffinity(f: Framework, pod: string, host: string, port: number, shouldHold: boolean): void {
  const command = `for i in $(seq 0 15); do echo; curl -q -s --connect-timeout 2 http://${host}:${port}/ ; done`;
  f.cluster.poll(`affinity is ${shouldHold}`, () => {
    const hosts = f.hostCommand(pod, command).stdout.split('\n').map((each) => each.trim()).filter((each) => each !== '').slice(-15);
    return hosts.length === 15 && (new Set(hosts).size === 1) === shouldHold;
  }, 180);
}

/** validateEndpointsPortsOrFail: the pods and container ports behind a Service. */
function expectEndpoints(f: Framework, name: string, expected: Record<string, number[]>): void {
  f.cluster.poll(`${name} has endpoints ${JSON.stringify(expected)}`, () => {
    const { code, body } = f.try('GET', f.path('endpoints', name));
    if (code !== 200) return false;
    const found = new Map<string, number[]>();
    for (const { addresses = [], ports = [] } of body.subsets ?? []) {
      for (const { targetRef } of addresses) found.set(targetRef.name, [...(found.get(targetRef.name) ?? []), ...ports.map(({ port }: Json) => port)].sort((a, b) => a - b));
    }
    return JSON.stringify([...found].sort()) === JSON.stringify(Object.entries(expected).sort());
  });
}

describe('Services', () => {
  conformance('Services should provide secure master service', () => cluster, (f) => void expect(f.must('GET', '/api/v1/namespaces/default/services/kubernetes').metadata.name).toBe('kubernetes'));

  conformance('Services should find a service from listing all namespaces', () => cluster, (f) => {
    const { items } = f.must('GET', '/api/v1/services');
    expect(items.some(({ metadata }: Json) => metadata.name === 'kubernetes' && metadata.namespace === 'default')).toBe(true);
  });

  const server = (f: Framework, name: string, labels: Json, ports: number[]): void =>
    void f.createSync(f.pod(name, { containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['netexec', ...(ports.length > 0 ? [`--http-port=${ports[0]}`] : [])], ports: ports.map((containerPort) => ({ containerPort })) }] }, { labels }));

  conformance('Services should serve a basic endpoint from pods', () => cluster, (f) => {
    const labels = { name: 'endpoint-test2' };
    f.create('services', service('endpoint-test2', { selector: labels, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] }));
    expectEndpoints(f, 'endpoint-test2', {});
    server(f, 'pod1', labels, [80]);
    expectEndpoints(f, 'endpoint-test2', { pod1: [80] });
    execPod(f, 'execpod');
    checkReachability(f, 'endpoint-test2', 'execpod');
    server(f, 'pod2', labels, [80]);
    expectEndpoints(f, 'endpoint-test2', { pod1: [80], pod2: [80] });
    checkReachability(f, 'endpoint-test2', 'execpod');
    f.deleteSync('pod1', { gracePeriodSeconds: 0 });
    expectEndpoints(f, 'endpoint-test2', { pod2: [80] });
    checkReachability(f, 'endpoint-test2', 'execpod');
    f.deleteSync('pod2', { gracePeriodSeconds: 0 });
    expectEndpoints(f, 'endpoint-test2', {});
  });

  conformance('Services should serve multiport endpoints from pods', () => cluster, (f) => {
    const labels = { name: 'multi-endpoint-test' };
    const ports = [{ name: 'portname1', port: 80, targetPort: 'svc1' }, { name: 'portname2', port: 81, targetPort: 'svc2' }];
    f.create('services', service('multi-endpoint-test', { selector: labels, ports }));
    expectEndpoints(f, 'multi-endpoint-test', {});
    const pod = (name: string, port: string, containerPort: number): void =>
      void f.createSync(f.pod(name, { containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['netexec', `--http-port=${containerPort}`], ports: [{ name: port, containerPort }] }] }, { labels }));
    pod('pod1', 'svc1', 100);
    expectEndpoints(f, 'multi-endpoint-test', { pod1: [100] });
    pod('pod2', 'svc2', 101);
    expectEndpoints(f, 'multi-endpoint-test', { pod1: [100], pod2: [101] });
    execPod(f, 'execpod');
    checkReachability(f, 'multi-endpoint-test', 'execpod');
    f.deleteSync('pod1', { gracePeriodSeconds: 0 });
    expectEndpoints(f, 'multi-endpoint-test', { pod2: [101] });
    f.deleteSync('pod2', { gracePeriodSeconds: 0 });
    expectEndpoints(f, 'multi-endpoint-test', {});
  });

  conformance('Services should be able to create a functioning NodePort service', () => cluster, (f) => {
    serveHostname(f, 'nodeport-test', { type: 'NodePort' }, 2);
    execPod(f, 'execpod');
    checkReachability(f, 'nodeport-test', 'execpod');
  });

  const fqdn = (f: Framework): string => {
    serveHostname(f, 'externalsvc', {}, 2);
    return `externalsvc.${f.namespace}.svc.cluster.local`;
  };
  const change = (from: string, to: string, edit: (spec: Json, f: Framework) => void): void =>
    conformance(`Services should be able to change the type from ${from} to ${to}`, () => cluster, (f) => {
      const name = 'changing-service';
      if (from === 'ExternalName') f.create('services', service(name, { type: from, externalName: 'example.com' }));
      else f.create('services', service(name, { type: from, ports: [{ port: 80, name: 'http', protocol: 'TCP', targetPort: 9376 }], selector: { name } }));
      const target = to === 'ExternalName' ? fqdn(f) : '';
      const updated = f.update('services', name, ({ spec }) => {
        spec.type = to;
        if (target !== '') spec.externalName = target;
        edit(spec, f);
      });
      if (to === 'ExternalName') {
        expect(updated.spec.clusterIP ?? '').toBe('');
        execPod(f, 'execpod');
        return checkReachability(f, name, 'execpod');
      }
      expect(updated.spec.clusterIP).not.toBe('');
      const template = { metadata: { labels: { name } }, spec: { containers: [{ name, image: IMAGES.agnhost, command: ['/agnhost', 'serve-hostname'], ports: [{ containerPort: 9376 }] }] } };
      f.create('replicationcontrollers', { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name }, spec: { replicas: 2, selector: { name }, template } });
      execPod(f, 'execpod');
      return checkReachability(f, name, 'execpod');
    });
  const toPorts = (spec: Json): void => {
    delete spec.externalName;
    spec.ports = [{ port: 80, name: 'http', protocol: 'TCP', targetPort: 9376 }];
    spec.selector = { name: 'changing-service' };
  };
  change('ExternalName', 'ClusterIP', toPorts);
  change('ExternalName', 'NodePort', toPorts);
  change('ClusterIP', 'ExternalName', () => {});
  change('NodePort', 'ExternalName', () => {});

  for (const type of ['ClusterIP', 'NodePort']) {
    const where = type === 'ClusterIP' ? 'service with type clusterIP' : 'NodePort service';
    const prepare = (f: Framework): { readonly host: string; readonly port: number } => {
      serveHostname(f, 'affinity', { type, sessionAffinity: 'ClientIP' }, 3);
      execPod(f, 'execpod-affinity');
      checkReachability(f, 'affinity', 'execpod-affinity');
      const { spec } = f.get('services', 'affinity');
      return type === 'ClusterIP' ? { host: spec.clusterIP, port: 80 } : { host: nodeAddresses(f)[0] ?? '', port: spec.ports[0].nodePort };
    };
    conformance(`Services should have session affinity work for ${where}`, () => cluster, (f) => {
      const { host, port } = prepare(f);
      checkAffinity(f, 'execpod-affinity', host, port, true);
    });
    conformance(`Services should be able to switch session affinity for ${where}`, () => cluster, (f) => {
      const { host, port } = prepare(f);
      const set = (sessionAffinity: string): void => {
        f.update('services', 'affinity', ({ spec }) => {
          spec.sessionAffinity = sessionAffinity;
          if (sessionAffinity === 'None') delete spec.sessionAffinityConfig;
        });
      };
      set('None');
      checkAffinity(f, 'execpod-affinity', host, port, false);
      set('ClientIP');
      checkAffinity(f, 'execpod-affinity', host, port, true);
    });
  }

  conformance('Services should serve endpoints on same port and different protocols', () => cluster, (f) => {
    const name = 'multiprotocol-test';
    const labels = { app: name };
    f.createSync(f.pod('pod1', { containers: [{ name: 'agnhost', image: IMAGES.agnhost, args: ['netexec', '--http-port=80', '--udp-port=80'], ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 80, protocol: 'UDP' }] }] }, { labels }));
    const ports = [{ name: 'tcp-port', port: 80, protocol: 'TCP', targetPort: 80 }, { name: 'udp-port', port: 80, protocol: 'UDP', targetPort: 80 }];
    f.create('services', service(name, { selector: labels, ports }));
    execPod(f, 'execpod');
    const { clusterIP } = f.get('services', name).spec;
    reach(f, 'execpod', clusterIP, 80, 'TCP');
    reach(f, 'execpod', clusterIP, 80, 'UDP');
    const unreachable = (protocol: 'TCP' | 'UDP'): void =>
      void f.cluster.poll(`${protocol} is not reached`, () => {
        const { stdout, exitCode } = f.hostCommand('execpod', `echo hostName | nc -v ${protocol === 'TCP' ? '-t' : '-u'} -w 2 ${clusterIP} 80`);
        return exitCode !== 0 || stdout.trim() === '';
      }, 60);
    const serve = (kept: number): void =>
      void f.update('services', name, ({ spec }) => {
        spec.ports = [ports[kept]];
      });
    serve(0);
    f.cluster.sleep(5);
    reach(f, 'execpod', clusterIP, 80, 'TCP');
    unreachable('UDP');
    serve(1);
    f.cluster.sleep(5);
    reach(f, 'execpod', clusterIP, 80, 'UDP');
    unreachable('TCP');
  });

  conformance('Services should complete a service status lifecycle', () => cluster, (f) => {
    const watched = f.cluster.watch(`${f.path('services')}?labelSelector=test-service-static%3Dtrue`);
    f.create('services', service('test-service', { type: 'LoadBalancer', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }] }, { labels: { 'test-service-static': 'true' } }));
    f.cluster.poll('it was added', () => watched.some(({ type }) => type === 'ADDED'));
    const path = f.path('services', 'test-service');
    expect(f.must('GET', `${path}/status`).metadata.name).toBe('test-service');
    const balancer = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } };
    const merge = { contentType: 'application/merge-patch+json' };
    const patched = f.must('PATCH', `${path}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: balancer }, merge);
    expect(patched.status.loadBalancer.ingress[0].ip).toBe('203.0.113.1');
    expect(patched.metadata.annotations.patchedstatus).toBe('true');
    const current = structuredClone(f.must('GET', `${path}/status`));
    current.status.conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: '2025-01-01T00:00:00Z' }];
    expect(f.must('PUT', `${path}/status`, current).status.conditions[0].type).toBe('StatusUpdate');
    f.must('PATCH', path, { metadata: { labels: { 'test-service': 'patched' } } }, merge);
    f.cluster.poll('the patch was seen', () => watched.some(({ object }) => object.metadata.labels?.['test-service'] === 'patched'));
    f.delete('services', 'test-service');
    f.cluster.poll('the deletion was seen', () => watched.some(({ type }) => type === 'DELETED'));
  });

  conformance('Services should delete a collection of services', () => cluster, (f) => {
    const label = { 'e2e-test-service': 'delete' };
    const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }];
    f.create('services', service('one', { ports }, { labels: label }));
    f.create('services', service('two', { ports }, { labels: label }));
    f.create('services', service('three', { ports, type: 'ClusterIP' }, { labels: { 'e2e-test-service': 'keep' } }));
    expect(f.list('services')).toHaveLength(3);
    f.deleteCollection('services', 'labelSelector=e2e-test-service%3Ddelete');
    f.cluster.poll('one is left', () => f.list('services').length === 1);
  });

  conformance('Services should test the lifecycle of an Endpoint', () => cluster, (f) => {
    const watched = f.cluster.watch(`${f.path('endpoints')}?labelSelector=test-endpoint-static%3Dtrue`);
    const subsets = [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }];
    f.create('endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'testservice', labels: { 'test-endpoint-static': 'true' } }, subsets });
    f.cluster.poll('it was added', () => watched.some(({ type }) => type === 'ADDED'));
    expect(f.must('GET', '/api/v1/endpoints?labelSelector=test-endpoint-static%3Dtrue').items).toHaveLength(1);
    f.update('endpoints', 'testservice', (object) => {
      object.metadata.labels['test-service'] = 'updated';
    });
    expect(f.get('endpoints', 'testservice').metadata.labels['test-service']).toBe('updated');
    f.patch('endpoints', 'testservice', { metadata: { labels: { 'test-service': 'patched' } }, subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080 }] }] });
    const patched = f.get('endpoints', 'testservice');
    expect(patched.subsets).toEqual([{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080, protocol: 'TCP' }] }]);
    f.deleteCollection('endpoints', 'labelSelector=test-endpoint-static%3Dtrue');
    f.cluster.poll('the deletion was seen', () => watched.some(({ type }) => type === 'DELETED'));
    expect(f.try('GET', f.path('endpoints', 'testservice')).code).toBe(404);
  });
});

describe('Service endpoints latency', () => {
  conformance('Service endpoints latency should not be very high', () => cluster, (f) => {
    const labels = { name: 'svc-latency-rc' };
    const template = { metadata: { labels }, spec: { containers: [{ name: 'svc-latency-rc', image: IMAGES.pause }] } };
    f.create('replicationcontrollers', { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'svc-latency-rc' }, spec: { replicas: 1, selector: labels, template } });
    f.cluster.poll('it runs', () => f.list('pods').some(({ status }: Json) => status.phase === 'Running'));
    const watched = f.cluster.watch(f.path('endpoints'));
    const latencies: number[] = [];
    for (let index = 0; index < 50; index++) {
      const before = f.cluster.seconds;
      const { name } = f.create('services', service(`latency-svc-${index}`, { ports: [{ protocol: 'TCP', port: 80 }], selector: labels, type: 'ClusterIP', sessionAffinity: 'None' })).metadata;
      f.cluster.poll('its endpoints', () => watched.some(({ object }) => object.metadata.name === name && (object['subsets'] ?? []).length > 0), 100);
      latencies.push(f.cluster.seconds - before);
    }
    latencies.sort((a, b) => a - b);
    expect(latencies[25]).toBeLessThan(20);
    expect(latencies[45]).toBeLessThan(50);
  });
});
