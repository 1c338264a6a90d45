import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import protobuf from 'protobufjs/minimal.js';
import { FakeSeam } from './fake-seam.ts';
import { HttpFacade } from './server.ts';

const seam = new FakeSeam();
const facade = new HttpFacade(seam);
let base = '';
beforeAll(async () => {
  base = await facade.listen();
});
afterAll(() => facade.close());

const get = async (path: string, headers: Record<string, string> = {}): Promise<{ code: number; type: string; text: string; json: any }> => {
  const response = await fetch(base + path, { headers });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { code: response.status, type: response.headers.get('content-type') ?? '', text, json };
};
const post = (path: string, body: string | Buffer, type = 'application/json', method = 'POST'): Promise<Response> =>
  fetch(base + path, { method, body: body as never, headers: { 'content-type': type } });

const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'n' }, spec: { containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Pending' } };

describe('the facade', () => {
  it('answers health, version and unknown paths as the real server does', async () => {
    expect(await get('/healthz')).toMatchObject({ code: 200, text: 'ok', type: 'text/plain; charset=utf-8' });
    expect((await get('/readyz?verbose')).text).toContain('readyz check passed');
    expect((await get('/version')).json).toMatchObject({ major: '1', minor: '32' });
    expect(await get('/nothing')).toMatchObject({ code: 404, text: '404 page not found\n' });
    expect(await get('/apis/nope/v1')).toMatchObject({ code: 404, text: '404 page not found\n' });
    expect((await get('/api/v1/nonsense')).json).toMatchObject({ code: 404, message: 'the server could not find the requested resource' });
    expect((await get('/api/v1/namespaces/n/pods', { accept: 'text/html' })).json).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    expect((await get('/metrics')).text).toContain('apiserver_request_total');
    for (const [method, path, code] of [['OPTIONS', '/api/v1/pods', 405], ['HEAD', '/api/v1/pods', 405], ['PUT', '/version', 405], ['HEAD', '/api/v1/nonsense', 404]] as const) {
      expect([method, path, (await fetch(base + path, { method })).status]).toEqual([method, path, code]);
    }
  });

  it('negotiates discovery', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
    const answer = await get('/apis', { accept });
    expect(answer.type).toBe('application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList');
    expect(answer.json.apiVersion).toBe('apidiscovery.k8s.io/v2beta1');
    expect((await get('/apis')).json.kind).toBe('APIGroupList');
  });

  it('creates, lists and shows objects in every form', async () => {
    expect((await post('/api/v1/namespaces/n/pods', JSON.stringify(POD))).status).toBe(201);
    expect((await get('/api/v1/namespaces/n/pods/p')).json.metadata.name).toBe('p');
    const table = await get('/api/v1/namespaces/n/pods', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
    expect(table.json.rows[0].cells.slice(0, 5)).toEqual(['p', '0/1', 'Pending', '0', '100s']);
    expect(table.json.rows[0].object.kind).toBe('PartialObjectMetadata');
    const yaml = await get('/api/v1/namespaces/n/pods/p', { accept: 'application/yaml' });
    expect(yaml.text).toContain('kind: Pod');
    const partial = await get('/api/v1/namespaces/n/pods', { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' });
    expect(partial.json).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ kind: 'PartialObjectMetadata' }] });
  });

  it('decodes protobuf bodies', async () => {
    const metadata = protobuf.Writer.create().uint32(10).string('cm').finish();
    const entry = protobuf.Writer.create().uint32(10).string('k').uint32(18).string('v').finish();
    const raw = protobuf.Writer.create().uint32(10).bytes(metadata).uint32(18).bytes(entry).finish();
    const type = protobuf.Writer.create().uint32(10).string('v1').uint32(18).string('ConfigMap').finish();
    const envelope = protobuf.Writer.create().uint32(10).bytes(type).uint32(18).bytes(raw).finish();
    const body = Buffer.concat([Buffer.from('k8s\0'), Buffer.from(envelope)]);
    expect((await post('/api/v1/namespaces/n/configmaps', body, 'application/vnd.kubernetes.protobuf')).status).toBe(201);
    expect(seam.submitted.at(-1)?.body).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm' }, data: { k: 'v' } });
  });

  it('refuses what it cannot read in the real server’s words', async () => {
    const bad = await (await post('/api/v1/namespaces/n/pods', '{not json')).json();
    expect(bad).toMatchObject({
      code: 400,
      message: "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: invalid character 'n' looking for beginning of object key string ({not json)",
    });
    expect(await (await post('/api/v1/namespaces/n/pods', 'x', 'text/plain')).json()).toMatchObject({ code: 415 });
    expect(await (await post('/api/v1/namespaces/n/pods/p', '{}', 'application/xml', 'PATCH')).json()).toMatchObject({ code: 415, message: '415: Unsupported Media Type' });
    expect((await post('/api/v1/namespaces/n/pods', Buffer.alloc(4 * 1024 * 1024))).status).toBe(413);
    expect(await (await post('/api/v1/namespaces/n/pods', '{}', 'application/json', 'PUT')).json()).toMatchObject({ code: 405 });
    // Which fields stand twice goes along: the API server says it, with what else is wrong.
    await post('/api/v1/namespaces/n/pods', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"d"},"spec":{},"spec":{}}');
    expect(seam.submitted.at(-1)?.duplicates).toEqual(['spec']);
    const yaml = await post('/api/v1/namespaces/n/pods', 'apiVersion: v1\nkind: Pod\nmetadata: {name: d}\nspec: {}\nspec: {}\n', 'application/yaml');
    expect(yaml.headers.get('warning')).toContain('line 5: key \\"spec\\" already set in map');
  });

  it('streams watches and forgets clients that leave', async () => {
    const controller = new AbortController();
    const response = await fetch(`${base}/api/v1/pods?watch=true`, { signal: controller.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const before = seam.closed.size;
    seam.emit({ ...POD, metadata: { ...POD.metadata, uid: 'u', resourceVersion: '7', creationTimestamp: '' } });
    const { value } = await reader.read();
    expect(JSON.parse(new TextDecoder().decode(value))).toMatchObject({ type: 'ADDED', object: { metadata: { resourceVersion: '7' } } });
    controller.abort();
    await expect.poll(() => seam.closed.size).toBe(before + 1);
  });

  it('runs exec over a WebSocket', async () => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}/api/v1/namespaces/n/pods/p/exec?command=echo&command=hi&stdout=true&stderr=true`, 'v5.channel.k8s.io');
    const messages: Record<number, string> = {};
    await new Promise<void>((resolve, reject) => {
      socket.on('message', (data: Buffer) => {
        messages[data[0] ?? 9] = data.subarray(1).toString();
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
    expect(messages[1]).toBe('out\n');
    expect(messages[2]).toBe('err\n');
    expect(JSON.parse(messages[3] ?? '{}')).toMatchObject({ reason: 'NonZeroExitCode', details: { causes: [{ message: '3' }] } });
    expect(seam.submitted.at(-1)?.body).toEqual({ command: ['echo', 'hi'] });
  });

  it('serves the control API', async () => {
    expect((await get('/_sim/status')).json).toMatchObject({ now: 1_000_000 });
    expect((await post('/_sim/clock', '{"speed":20}')).status).toBe(200);
    expect((await post('/_sim/faults', '{}')).status).toBe(400);
    expect((await post('/_sim/faults', 'x')).status).toBe(400);
  });

  it('serves OpenAPI in all three forms', async () => {
    const index = (await get('/openapi/v3')).json as { paths: Record<string, { serverRelativeURL: string }> };
    const apps = await get(index.paths['apis/apps/v1']?.serverRelativeURL.split('?')[0] ?? '');
    expect(apps.json.components.schemas['io.k8s.api.core.v1.PodSpec'].properties.containers).toMatchObject({ 'x-kubernetes-patch-merge-key': 'name' });
    expect(apps.json.paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'].patch['x-kubernetes-group-version-kind'].kind).toBe('Deployment');
    expect((await get('/openapi/v2')).json.definitions['io.k8s.api.core.v1.Pod']).toBeDefined();
    const binary = await fetch(`${base}/openapi/v2`, { headers: { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' } });
    expect((await binary.arrayBuffer()).byteLength).toBeGreaterThan(100_000);
  });

  it('asks for a token when it has one', async () => {
    const guarded = new HttpFacade(seam, { token: 'secret' });
    const url = await guarded.listen();
    expect((await fetch(`${url}/api/v1/pods`)).status).toBe(401);
    expect((await fetch(`${url}/api/v1/pods`, { headers: { authorization: 'Bearer secret' } })).status).toBe(200);
    await guarded.close();
  });
});

describe('generated garbage', () => {
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND');
  const segment = fc.oneof(fc.constantFrom('api', 'apis', 'v1', 'apps', 'namespaces', 'n', 'pods', 'p', 'status', 'exec', '_sim', 'clock', 'openapi', 'watch', '%zz', '%00', '..'), fc.string({ maxLength: 8 }));
  const path = fc.array(segment, { maxLength: 8 }).map((parts) => `/${parts.map((part) => (part.startsWith('%') ? part : encodeURIComponent(part))).join('/')}`);
  const query = fc.constantFrom('', '?watch=true&limit=x', '?labelSelector=%zz', '?dryRun=All&fieldValidation=Strict', '?includeObject=Nope', '?pretty=1');
  const type = fc.constantFrom('application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/merge-patch+json', 'application/apply-patch+yaml', 'application/json-patch+json', 'x/y', '');
  const body = fc.oneof(fc.json(), fc.string(), fc.constantFrom('', '{', '[]', 'null', 'k8s\0abc', '{"a":1,"a":2}', '&a [*a]', '- - - -'));

  it('never crashes the facade and always gets an HTTP answer', async () => {
    await fc.assert(
      fc.asyncProperty(method, path, query, type, body, async (verb, target, search, contentType, payload) => {
        const isWatch = search.includes('watch');
        const code = await raw(`${verb} ${target}${search} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n\r\n${payload}`, isWatch);
        expect(code).toBeGreaterThanOrEqual(200);
        expect(code).toBeLessThan(600);
      }),
      { numRuns: 300 },
    );
    expect((await get('/healthz')).code).toBe(200);
  }, 60_000);

  it('survives bytes that are no HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        await raw(Buffer.from([...bytes, 13, 10, 13, 10]), true);
      }),
      { numRuns: 60 },
    );
    expect((await get('/healthz')).code).toBe(200);
  }, 60_000);

  /** Sends bytes and resolves with the status code, 200 when the connection closed without one. */
  function raw(bytes: string | Buffer, mayHang: boolean): Promise<number> {
    return new Promise((resolve) => {
      const { port, hostname } = new URL(base);
      const socket = connect(Number(port), hostname);
      let text = '';
      const done = (code: number): void => {
        socket.destroy();
        resolve(code);
      };
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const match = /^HTTP\/1\.1 (\d+)/.exec(text);
        if (match !== null) done(Number(match[1]));
      });
      socket.on('error', () => done(200));
      socket.on('close', () => done(200));
      if (mayHang) socket.setTimeout(300, () => done(200));
      socket.write(bytes);
    });
  }
});
