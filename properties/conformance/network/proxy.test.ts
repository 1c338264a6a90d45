/** Pods and Services through the API server, over HTTP (test/e2e/network/proxy.go, the WebSockets of test/e2e/common/node/pods.go). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IMAGES, type Json } from '../framework/framework.ts';
import { agnhost, ServedCluster } from '../framework/served.ts';

const cluster = new ServedCluster();
beforeAll(() => cluster.start());
afterAll(() => cluster.stop());

describe('Proxy version v1', () => {
  it('Proxy version v1 should proxy through a service and a pod', async () => {
    const link = '<a href="/rewriteme">test</a>';
    const variables = {
      SERVE_PORT_80: link, SERVE_PORT_1080: link, SERVE_PORT_160: 'foo', SERVE_PORT_162: 'bar',
      SERVE_TLS_PORT_443: '<a href="/tlsrewriteme">test</a>', SERVE_TLS_PORT_460: 'tls baz', SERVE_TLS_PORT_462: 'tls qux',
    };
    const ports = Object.entries({ dest1: 160, dest2: 162, tlsdest1: 460, tlsdest2: 462 }).map(([name, containerPort]) => ({ name, containerPort }));
    const readinessProbe = { httpGet: { port: 80 }, initialDelaySeconds: 1, timeoutSeconds: 5, periodSeconds: 10 };
    const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
    await cluster.runs('proxied', [agnhost('proxy-pod', { command: ['/agnhost', 'porter'], env, ports, readinessProbe }, { app: 'proxied' })]);
    await cluster.fetch('POST', '/api/v1/namespaces/proxied/services', {
      metadata: { name: 'proxy-service' },
      spec: {
        selector: { app: 'proxied' },
        ports: [
          { name: 'portname1', port: 80, targetPort: 'dest1' }, { name: 'portname2', port: 81, targetPort: 162 },
          { name: 'tlsportname1', port: 443, targetPort: 'tlsdest1' }, { name: 'tlsportname2', port: 444, targetPort: 462 },
        ],
      },
    });
    const at = (resource: string, name: string) => (scheme: string, port: string): string => `/api/v1/namespaces/proxied/${resource}/${[...(scheme === '' ? [] : [scheme]), name, ...(port === '' && scheme === '' ? [] : [port])].join(':')}/proxy`;
    const service = at('services', 'proxy-service');
    const pod = at('pods', 'proxy-pod');
    const expected: Record<string, string> = {
      [service('', 'portname1')]: 'foo', [service('http', 'portname1')]: 'foo', [service('', 'portname2')]: 'bar', [service('http', 'portname2')]: 'bar',
      [service('https', 'tlsportname1')]: 'tls baz', [service('https', 'tlsportname2')]: 'tls qux',
      [pod('', '1080')]: `<a href="${pod('', '1080')}/rewriteme">test</a>`, [pod('http', '1080')]: `<a href="${pod('http', '1080')}/rewriteme">test</a>`,
      [pod('', '160')]: 'foo', [pod('http', '160')]: 'foo', [pod('', '162')]: 'bar', [pod('http', '162')]: 'bar',
      [pod('https', '443')]: `<a href="${pod('https', '443')}/tlsrewriteme">test</a>`, [pod('https', '460')]: 'tls baz', [pod('https', '462')]: 'tls qux',
    };
    await cluster.until('GET', `${service('', 'portname1')}/`, ({ status }) => status === 200);
    for (const [path, text] of Object.entries(expected)) expect({ path, ...(await cluster.fetch('GET', `${path}/`)) }).toMatchObject({ path, status: 200, text });
  });

  for (const kind of ['Proxy', 'ProxyWithPath']) {
    it(`Proxy version v1 A set of valid responses are returned for both pod and service ${kind}`, async () => {
      const namespace = kind.toLowerCase();
      await cluster.runs(namespace, [agnhost('agnhost', { command: ['/agnhost', 'porter', '--json-response'], env: [{ name: 'SERVE_PORT_80', value: 'foo' }] }, { test: 'response' })]);
      await cluster.fetch('POST', `/api/v1/namespaces/${namespace}/services`, { metadata: { name: 'test-service' }, spec: { ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }], selector: { test: 'response' } } });
      const path = (target: string, method: string): string => `/api/v1/namespaces/${namespace}/${target}/proxy${kind === 'Proxy' ? `?method=${method}` : `/some/path/with/${method}`}`;
      const methods = kind === 'Proxy' ? ['DELETE', 'OPTIONS', 'PATCH', 'POST', 'PUT'] : ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
      for (const target of ['pods/agnhost', 'services/test-service']) {
        for (const method of methods) {
          const { text } = await cluster.until(method, path(target, method), ({ status }) => status === 200);
          if (method !== 'HEAD') expect(JSON.parse(text)).toEqual({ Method: method, Body: 'foo' });
        }
        if (kind === 'Proxy') for (const method of ['GET', 'HEAD']) expect((await cluster.fetch(method, path(target, method))).status).toBe(301);
      }
    });
  }
});

describe('Pods', () => {
  const alive = (name: string): Json => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'main', image: IMAGES.busybox, command: ['/bin/sh', '-c', 'echo container is alive; sleep 10000'] }] } });

  it('Pods should support remote command execution over websockets', async () => {
    await cluster.runs('sockets', [alive('pod-exec-websocket')]);
    const path = '/api/v1/namespaces/sockets/pods/pod-exec-websocket/exec?stderr=1&stdout=1&container=main&command=echo&command=remote%20execution%20test';
    const messages = await cluster.webSocket(path, 'channel.k8s.io');
    for (const message of messages) expect(message[0] === 1 || message.length <= 1).toBe(true);
    expect(Buffer.concat(messages.filter((message) => message[0] === 1).map((message) => message.subarray(1))).toString()).toContain('remote execution test');
  });

  it('Pods should support retrieving logs from the container over websockets', async () => {
    await cluster.runs('logs', [alive('pod-logs-websocket')]);
    const messages = await cluster.webSocket('/api/v1/namespaces/logs/pods/pod-logs-websocket/log?container=main', 'binary.k8s.io');
    expect(Buffer.concat(messages).toString()).toBe('container is alive\n');
  });
});
