/**
 * Options in queries are read as Go reads them: every client writes them a little differently, and what cannot be read is refused in
 * upstream's words. Found with the Python client, which writes `watch=True`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedCluster } from '../conformance/framework/served.ts';

const cluster = new ServedCluster();
const PODS = '/api/v1/namespaces/options/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sh', '-c', 'echo one; echo two; sleep 1000'] }] } };

beforeAll(async () => {
  await cluster.start();
  await cluster.runs('options', [pod]);
});
afterAll(() => cluster.stop());

const refusal = async (path: string): Promise<unknown> => {
  const { status, text } = await cluster.fetch('GET', path);
  const { message, reason } = JSON.parse(text) as { message: string; reason?: string };
  return { status, reason, message };
};

describe('flags', () => {
  it.each(['watch=True', 'watch=1', 'watch', 'watch=yes'])('?%s watches', async (flag) => {
    const { status, text } = await cluster.fetch('GET', `${MAPS}?${flag}&timeoutSeconds=1`);
    expect(status).toBe(200);
    expect(JSON.parse(text.split('\n')[0] ?? '')).toMatchObject({ type: 'ADDED', object: { kind: 'ConfigMap' } });
  });

  it.each(['watch=False', 'watch=0'])('?%s lists', async (flag) => {
    expect(JSON.parse((await cluster.fetch('GET', `${MAPS}?${flag}`)).text)).toMatchObject({ kind: 'ConfigMapList' });
  });

  it('open the streams of a command', async () => {
    const messages = await cluster.webSocket(`${PODS}/p/exec?command=echo&command=hi&stdout=True&stderr=True&stdin=False&tty=False`, 'v4.channel.k8s.io');
    expect(messages.filter((message) => message[0] === 1).map((message) => message.subarray(1).toString()).join('')).toBe('hi\n');
  });

  it('ask for times in a log', async () => {
    expect((await cluster.fetch('GET', `${PODS}/p/log?timestamps=True&tailLines=1`)).text).toMatch(/^\d{4}-\d\d-\d\dT\S+ two\n$/);
  });
});

describe('what cannot be read', () => {
  const version = 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax';

  it('numbers', async () => {
    for (const option of ['limit', 'timeoutSeconds']) {
      expect(await refusal(`${MAPS}?${option}=abc`)).toEqual({ status: 400, reason: 'BadRequest', message: 'strconv.ParseInt: parsing "abc": invalid syntax' });
    }
    expect(await refusal(`${MAPS}?limit=9223372036854775808`)).toMatchObject({ status: 400, message: 'strconv.ParseInt: parsing "9223372036854775808": value out of range' });
    expect(await refusal(`${MAPS}?watch=1&timeoutSeconds=`)).toMatchObject({ status: 400, message: 'strconv.ParseInt: parsing "": invalid syntax' });
  });

  it('resource versions: of the cache an error of no kind, of etcd a bad request', async () => {
    for (const path of [`${MAPS}?resourceVersion=abc`, `${MAPS}/kube-root-ca.crt?resourceVersion=abc`, `${MAPS}?watch=1&resourceVersion=abc`]) expect(await refusal(path)).toEqual({ status: 500, reason: undefined, message: version });
    for (const path of [`${MAPS}?resourceVersion=abc&limit=1`, '/api/v1/namespaces/default/events?resourceVersion=abc']) expect(await refusal(path)).toEqual({ status: 400, reason: 'BadRequest', message: `invalid resource version: ${version}` });
  });

  it('options of a log, before its pod is looked for', async () => {
    const refused = (options: string): Promise<unknown> => refusal(`${PODS}/nobody/log?${options}`);
    expect(await refused('tailLines=abc')).toMatchObject({ status: 400, message: 'strconv.ParseInt: parsing "abc": invalid syntax' });
    expect(await refused('sinceTime=abc')).toMatchObject({ status: 400, message: 'parsing time "abc" as "2006-01-02T15:04:05Z07:00": cannot parse "abc" as "2006"' });
    expect(await refused('tailLines=-1&limitBytes=0')).toMatchObject({ status: 422, message: 'PodLogOptions "nobody" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0]' });
    expect(await refused('sinceSeconds=1&sinceTime=2025-01-01T00:00:00Z')).toMatchObject({ status: 422, message: 'PodLogOptions "nobody" is invalid: : Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified' });
  });
});
