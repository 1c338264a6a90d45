/**
 * What is wrong with a patch, in the words of apiserver/pkg/endpoints/handlers/patch.go: a strategic merge patch goes from maps into
 * structs, the others through JSON, and each way has its own messages. Found with Ansible, whose patch of a scale names another kind.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Any, Client } from '../framework/client.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
let k: Client;
let path = '';
beforeAll(() => {
  k = new Client();
  const namespace = k.namespace('patches');
  path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.25' }] } };
  k.post(path.replace(/\/web$/, ''), { metadata: { name: 'web' }, spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template } });
});

const refusal = (type: string, body: Any, query = '', to = path): Any => {
  const { code, body: status } = k.request('PATCH', `${to}${query}`, body, { contentType: type });
  return { code, message: (status as Any).message, reason: (status as Any).reason, causes: (status as Any).details?.causes };
};
const invalid = (shown: string, why: string): Any => {
  const text = `Invalid value: ${JSON.stringify(shown)}: ${why}`;
  return { code: 422, message: ` "" is invalid: patch: ${text}`, reason: 'Invalid', causes: [{ reason: 'FieldValueInvalid', message: text, field: 'patch' }] };
};

describe('strategic merge patches', () => {
  it.each([
    [{ spec: { replicas: 'abc' } }, 'map[spec:map[replicas:abc]]', 'unrecognized type: int32'],
    [{ spec: { replicas: 1.5 } }, 'map[spec:map[replicas:1.5]]', 'cannot convert float64 to int32'],
    [{ spec: { paused: 'true' } }, 'map[spec:map[paused:true]]', 'unrecognized type: bool'],
    [{ spec: 'x' }, 'map[spec:x]', 'cannot restore struct from: string'],
    [{ spec: { template: { spec: { containers: 'x' } } } }, 'map[spec:map[template:map[spec:map[containers:x]]]]', 'cannot restore slice from string'],
    [{ metadata: { labels: { a: 1 } } }, 'map[metadata:map[labels:map[a:1]]]', 'cannot convert int64 to string'],
    [{ metadata: { labels: ['a'] } }, 'map[metadata:map[labels:[a]]]', 'cannot restore map from slice'],
    [{ metadata: { creationTimestamp: 5 } }, 'map[metadata:map[creationTimestamp:5]]', 'json: cannot unmarshal number into Go value of type string'],
    [{ spec: { strategy: { rollingUpdate: { maxSurge: true } } } }, 'map[spec:map[strategy:map[rollingUpdate:map[maxSurge:true]]]]', 'json: cannot unmarshal bool into Go value of type int32'],
  ])('%j', (body, shown, why) => {
    expect(refusal(STRATEGIC, body)).toEqual(invalid(shown, why));
  });

  it('that are no object', () => {
    expect(refusal(STRATEGIC, [])).toMatchObject({ code: 400, message: 'json: cannot unmarshal array into Go value of type map[string]interface {}' });
  });

  it('with unknown fields, as strictly as asked', () => {
    expect(refusal(STRATEGIC, { spec: { foo: 1 } }, '?fieldValidation=Strict')).toEqual(invalid('map[spec:map[foo:1]]', 'strict decoding error: unknown field "spec.foo"'));
    expect(refusal(STRATEGIC, { spec: { foo: 1 } }).code).toBe(200);
  });

  it('may name another kind: it is not looked at', () => {
    expect(k.patch(path, STRATEGIC, { kind: 'Foo', apiVersion: 'v7', metadata: { labels: { b: 'c' } } })).toMatchObject({ kind: 'Deployment', apiVersion: 'apps/v1', metadata: { labels: { b: 'c' } } });
    expect(k.patch(`${path}/scale`, STRATEGIC, { kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 2 } })).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    expect(k.get(path).spec.replicas).toBe(2);
  });
});

describe('patches of JSON', () => {
  it('show what they made', () => {
    const wrong = { code: 422, reason: 'Invalid', causes: [expect.objectContaining({ field: 'patch', reason: 'FieldValueInvalid' })] };
    const ends = (why: string): Any => ({ ...wrong, message: expect.stringMatching(new RegExp(`^ "" is invalid: patch: Invalid value: "\\{.*\\}": ${why}$`)) });
    const type = 'json: cannot unmarshal string into Go struct field DeploymentSpec\\.spec\\.replicas of type int32';
    expect(refusal(MERGE, { spec: { replicas: 'abc' } })).toEqual(ends(type));
    expect(refusal(JSON_PATCH, [{ op: 'replace', path: '/spec/replicas', value: 'abc' }])).toEqual(ends(type));
    expect(refusal(MERGE, { spec: { replicas: 'abc' } }).message).toContain(String.raw`\"spec\":{\"replicas\":\"abc\",\"selector\"`);
    expect(refusal(MERGE, { spec: { foo: 1 } }, '?fieldValidation=Strict')).toEqual(ends('strict decoding error: unknown field "spec\\.foo"'));
  });

  it('may not name another kind', () => {
    expect(refusal(MERGE, { kind: 'Foo' }).message).toMatch(/: no kind "Foo" is registered for version "apps\/v1" in scheme "pkg\/api\/legacyscheme\/scheme\.go:30"$/);
    expect(refusal(MERGE, { kind: 'ReplicaSet' }).message).toMatch(/: converting \(v1\.ReplicaSet\) to \(apps\.Deployment\): unknown conversion$/);
    expect(refusal(MERGE, { kind: 'Deployment', spec: { replicas: 1 } }, '', `${path}/scale`).message).toMatch(/: no kind "Deployment" is registered for version "autoscaling\/v1"/);
  });
});

describe('configurations to apply', () => {
  it('that are no object', () => {
    expect(refusal('application/apply-patch+yaml', 'x', '?fieldManager=m')).toMatchObject({ code: 400, message: 'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type map[string]interface {}' });
  });
});
