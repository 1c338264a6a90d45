/** Watches over WebSockets, as dashboards in browsers open them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ServedCluster } from '../conformance/framework/served.ts';

const cluster = new ServedCluster();
const MAPS = '/api/v1/namespaces/default/configmaps';
beforeAll(async () => {
  await cluster.start();
  await cluster.until('GET', `${MAPS}/kube-root-ca.crt`, ({ status }) => status === 200);
});
afterAll(() => cluster.stop());

/** A WebSocket without a protocol, or with some. */
const open = (path: string, protocols: readonly string[] = []): WebSocket => new WebSocket(cluster.url.replace('http', 'ws') + path, [...protocols]);

describe('a watch over a WebSocket', () => {
  it('has one event a message, as text, and ends with its time', async () => {
    const socket = open(`${MAPS}?watch=true&timeoutSeconds=60`);
    const events: { type: string; name: string }[] = [];
    const closed = new Promise<number>((resolve) => void socket.on('close', resolve));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      expect(isBinary).toBe(false);
      const { type, object } = JSON.parse(data.toString()) as { type: string; object: { metadata: { name: string } } };
      events.push({ type, name: object.metadata.name });
      if (events.length === 1) void cluster.fetch('POST', MAPS, { metadata: { name: 'new' } }).then(() => cluster.fetch('DELETE', `${MAPS}/new`));
    });
    await expect.poll(() => events, { timeout: 20_000 }).toEqual([{ type: 'ADDED', name: 'kube-root-ca.crt' }, { type: 'ADDED', name: 'new' }, { type: 'DELETED', name: 'new' }]);
    expect(await closed).toBe(1000);
  });

  it('speaks the protocol that the client offers', async () => {
    const socket = open(`${MAPS}?watch=1`, ['base64.binary.k8s.io']);
    await new Promise((resolve) => void socket.on('open', resolve));
    expect(socket.protocol).toBe('base64.binary.k8s.io');
    socket.terminate();
  });

  it.each([
    ['/api/v1/nothing?watch=1', 404],
    [`${MAPS}?watch=1&resourceVersion=abc`, 500],
    [`${MAPS}?watch=1&fieldSelector=spec.nodeName=x`, 400],
  ])('is refused over HTTP: %s', async (path, code) => {
    const socket = open(path);
    expect(await new Promise((resolve) => void socket.on('unexpected-response', (_request, response) => resolve(response.statusCode)))).toBe(code);
  });
});
