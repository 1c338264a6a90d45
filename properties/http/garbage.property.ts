import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveCluster, type Served } from '../client-node/served.ts';

/**
 * Whatever a client sends, the server lives, answers with HTTP, and loses nothing. A failing seed is printed by fast-check;
 * `KUBETWIN_SEED` runs it again.
 */
const seed = process.env['KUBETWIN_SEED'] === undefined ? {} : { seed: Number(process.env['KUBETWIN_SEED']) };
const RUNS = Number(process.env['KUBETWIN_RUNS'] ?? 150);

let served: Served;
let address: { readonly port: number; readonly host: string };
beforeAll(async () => {
  served = await serveCluster(5, { nodes: 1 });
  const url = new URL(served.url);
  address = { port: Number(url.port), host: url.hostname };
  while ((await fetch(`${served.url}/api/v1/namespaces/kube-public/serviceaccounts/default`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 50));
  const created = await post('/api/v1/namespaces/kube-public/configmaps', { metadata: { name: 'witness' }, data: { a: '1' } });
  expect(created.status).toBe(201);
}, 60_000);
afterAll(() => served.close());

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(served.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The server is well: it answers, the witness is as it was, and nothing was thrown in the simulation. */
async function isWell(): Promise<void> {
  expect(await (await fetch(`${served.url}/healthz`)).text()).toBe('ok');
  const witness = (await (await fetch(`${served.url}/api/v1/namespaces/kube-public/configmaps/witness`)).json()) as { data: unknown };
  expect(witness.data).toEqual({ a: '1' });
  expect(served.failures).toEqual([]);
}

/** Sends bytes; resolves with all that came until the connection closed, `isDone` or `patience` ms. */
function talk(bytes: readonly (string | Buffer)[], patience: number, isDone: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(address.port, address.host);
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(done, patience);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (isDone(text)) done();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    for (const piece of bytes) socket.write(piece);
  });
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
/** The head and as much of a body as it promises; a stream counts from its head on. */
const isWhole = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return end >= 0 && (length === undefined || text.length >= end + 4 + Number(length) || text.startsWith('HTTP/1.1 304'));
};
const hasHead = (text: string): boolean => text.includes('\r\n\r\n');

const word = fc.constantFrom('api', 'apis', 'v1', 'apps', 'batch', 'namespaces', 'default', 'pods', 'deployments', 'configmaps', 'witness2', 'p', 'status', 'scale', 'log', 'exec', 'attach', 'portforward', 'proxy', 'eviction', 'token', 'watch', 'nodes', 'node-1', '_sim', 'clock', 'faults', 'status', 'openapi', 'v2', 'v3', 'healthz', 'metrics', 'version', '..', '%zz', '%00', '%2f');
const segment = fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: fc.string({ maxLength: 12 }).map(encodeURIComponent) });
const known = fc.constantFrom('/api/v1/namespaces/default/pods', '/api/v1/namespaces/default/configmaps', '/apis/apps/v1/namespaces/default/deployments', '/api/v1/namespaces/default/configmaps/witness2', '/api/v1/namespaces/default/pods/p/exec', '/apis/batch/v1/namespaces/default/jobs/j/status', '/apis/apps/v1/namespaces/default/deployments/d/scale', '/api/v1/nodes/node-1/proxy/pods', '/_sim/clock', '/_sim/faults');
const path = fc.oneof(known, fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`));
const query = fc.oneof(
  fc.constantFrom('', '?limit=-1', '?limit=x&continue=%%%', '?labelSelector=a%20in%20(', '?fieldSelector=spec.nodeName%3D%3D%3D', '?resourceVersion=-5', '?resourceVersion=99999999999999999999', '?dryRun=Some', '?fieldValidation=Maybe', '?fieldManager=' + 'm'.repeat(200), '?force=maybe', '?pretty=1', '?propagationPolicy=Sideways', '?gracePeriodSeconds=x', '?timeoutSeconds=1e9&watch=0', '?command=a&command=b&stdout=1'),
  fc.string({ maxLength: 20 }).map((text) => `?${encodeURIComponent(text)}`),
);
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND');
const type = fc.constantFrom('application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/merge-patch+json', 'application/apply-patch+yaml', 'application/json-patch+json', 'application/strategic-merge-patch+json', 'application/cbor', 'text/html', ';;;', '');
const accept = fc.constantFrom('*/*', 'application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'application/json;as=Nonsense', 'text/html', 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', ';q=', 'a/b;q=x');
const nested = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, fc.constantFrom<unknown>(null, true, -1, 1e30, '', 'x', [], {}), tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom('apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'spec', 'replicas', 'template', 'containers', 'data', 'status', 'finalizers', 'ownerReferences', '__proto__', 'constructor', 'toString'), tie('value'), { maxKeys: 5 }),
}));
const body = fc.oneof(
  nested.object.map((value) => JSON.stringify(value)),
  fc.json(),
  fc.string({ maxLength: 50 }),
  fc.constantFrom('', '{', '[]', 'null', 'k8s\0\n', '{"a":1,"a":2}', '&a [*a]', '- - - -', '{"metadata":{"name":"witness2"}}', '[{"op":"test","path":"/a/b"}]', '['.repeat(20_000), '{"a":'.repeat(5000)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from('k8s\0'), Buffer.from(bytes)])),
);

describe('generated garbage', { timeout: 120_000 }, () => {
  it('every request that is HTTP gets an answer that is HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(method, path, query, type, accept, body, async (verb, target, search, contentType, accepted, payload) => {
        const bytes = Buffer.from(payload as string);
        const head = `${verb} ${target}${search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${contentType}\r\nAccept: ${accepted}\r\nContent-Length: ${bytes.length}\r\n\r\n`;
        const answer = await talk([head, bytes], 5000, isWhole);
        expect(statusOf(answer), head).toBeGreaterThanOrEqual(200);
        expect(answer, head).not.toMatch(/panic/);
      }),
      { numRuns: RUNS, ...seed },
    );
    await isWell();
  });

  it('bytes that are no HTTP end the connection, not the server', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.boolean(), async (bytes, isHead) => {
        await talk([isHead ? 'GET /api/v1/pods HTTP/1.1\r\n' : '', Buffer.from(bytes), '\r\n\r\n'], 150, hasHead);
      }),
      { numRuns: Math.ceil(RUNS / 5), ...seed },
    );
    await isWell();
  });

  it('requests in one piece, in many, pipelined: each is answered, in order', async () => {
    const one = (name: string): string => `GET /api/v1/namespaces/kube-public/configmaps/${name} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answers = await talk([one('witness') + one('nothing') + one('witness'), 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'], 5000);
    expect([...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['200', '404', '200', '200']);
    const pieces = [...one('witness').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')];
    expect(statusOf(await talk(pieces, 5000, hasHead))).toBe(200);
  });

  it('clients that break off in the middle of a body, a watch or an exec leave nothing behind', async () => {
    const before = await openWatches();
    await talk(['POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"metadata":'], 100);
    await Promise.all(Array.from({ length: 40 }, () => talk(['GET /api/v1/pods?watch=true HTTP/1.1\r\nHost: x\r\n\r\n'], 150)));
    await Promise.all(Array.from({ length: 10 }, () => talk(['GET /api/v1/namespaces/default/pods/p/exec?command=sh&stdout=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n', Buffer.from([0xff, 0xff, 0xff])], 150)));
    await expect.poll(openWatches, { timeout: 5000 }).toBe(before);
    await isWell();
  });

  it('bodies above the limit are refused, with their length and without', async () => {
    const big = Buffer.alloc(4 * 1024 * 1024, 0x20);
    const head = 'POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    expect(statusOf(await talk([`${head}Content-Length: ${big.length}\r\n\r\n`, big], 5000, hasHead))).toBe(413);
    expect(statusOf(await talk([`${head}Transfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n`, big, '\r\n0\r\n\r\n'], 5000, hasHead))).toBe(413);
    await isWell();
  });

  it('a client that reads nothing of a large list does not hold up the others', async () => {
    const socket = connect(address.port, address.host);
    socket.pause();
    socket.on('error', () => undefined);
    for (let count = 0; count < 50; count++) socket.write('GET /openapi/v2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await isWell();
    socket.destroy();
  });

  it.each([
    ['not JSON', 'POST', '/api/v1/namespaces/default/configmaps', 'application/json', '{', 400],
    ['another kind', 'POST', '/api/v1/namespaces/default/configmaps', 'application/json', '{"apiVersion":"v1","kind":"Pod"}', 400],
    ['a wrong type', 'POST', '/apis/apps/v1/namespaces/default/deployments', 'application/json', '{"spec":{"replicas":"three"}}', 400],
    ['an unknown media type', 'POST', '/api/v1/namespaces/default/configmaps', 'text/html', '<p>', 415],
    ['an unknown patch type', 'PATCH', '/api/v1/namespaces/kube-public/configmaps/witness', 'application/json', '{}', 415],
    ['an unknown resource', 'GET', '/api/v1/namespaces/default/unicorns', '', '', 404],
    ['an unknown group', 'GET', '/apis/unicorn.example.com/v1/things', '', '', 404],
    ['a method that is not served', 'PUT', '/api/v1/namespaces/default/configmaps', 'application/json', '{}', 405],
    ['an upgrade that is missing', 'POST', '/api/v1/namespaces/default/pods/p/exec?command=ls', '', '', 400],
  ])('answers %s as the real server does', async (_what, verb, target, contentType, text, code) => {
    const response = await fetch(served.url + target, { method: verb, ...(text === '' ? {} : { body: text }), headers: contentType === '' ? {} : { 'content-type': contentType } });
    expect(response.status).toBe(code);
  });

  async function openWatches(): Promise<number> {
    const text = await (await fetch(`${served.url}/metrics`)).text();
    return Number(/^apiserver_longrunning_requests\{.*\} (\d+)$/m.exec(text)?.[1] ?? 0);
  }
});
