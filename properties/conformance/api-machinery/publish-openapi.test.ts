/** Twins of test/e2e/apimachinery/crd_publish_openapi.go: what is published of definitions, and what kubectl makes of it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { kubectlMinor, KUBECTL, KubectlSession, type Ran } from '../../kubectl/session.ts';
import type { Any } from '../framework/client.ts';

const session = new KubectlSession();
const minor = kubectlMinor();
beforeAll(async () => {
  if (minor === undefined) return;
  await session.start('--nodes', '1', '--speed', '10');
  await session.ok('wait --for=create serviceaccount/default --timeout=60s');
}, 60_000);

const text = (description: string, more: Any = {}): Any => ({ description, type: 'string', ...more });
const object = (description: string, properties: Any): Any => ({ type: 'object', description, properties });
const FOO = object('Foo CRD for Testing', {
  spec: object('Specification of Foo', {
    bars: { description: 'List of Bars and their specs.', type: 'array', items: { type: 'object', required: ['name'], properties: { name: text('Name of Bar.'), age: text('Age of Bar.'), feeling: text('Whether Bar is feeling great.', { enum: ['Great', 'Down'] }), bazs: { description: 'List of Bazs.', items: { type: 'string' }, type: 'array' } } } },
  }),
  status: object('Status of Foo', {
    bars: { description: 'List of Bars and their statuses.', type: 'array', items: { type: 'object', properties: { name: text('Name of Bar.'), available: { description: 'Whether the Bar is installed.', type: 'boolean' }, quxType: text('Indicates to external qux type.', { pattern: 'in-tree|out-of-tree' }) } } },
  }),
});
const WALDO = object('Waldo CRD for Testing', { spec: object('Specification of Waldo', { dummy: { description: 'Dummy property.', type: 'object' } }), status: object('Status of Waldo', { bars: { description: 'List of Bars and their statuses.', type: 'array', items: { type: 'object' } } }) });
const PRESERVE_ROOT = { ...WALDO, description: 'preserve-unknown-properties at root for Testing', 'x-kubernetes-preserve-unknown-fields': true };
const PRESERVE_NESTED = object('preserve-unknown-properties in nested field for Testing', { spec: { description: 'Specification of Waldo', type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { dummy: { description: 'Dummy property.', type: 'object' } } }, status: WALDO.properties.status });

let etag = '';
let last: Any;
/** /openapi/v2 as Go's client asks for it: without an Accept header, with the tag of what it has. */
async function definitions(): Promise<Any> {
  const response = await fetch(`${session.url}/openapi/v2`, { headers: { Accept: '', ...(etag === '' ? {} : { 'If-None-Match': `"${etag}"` }) } });
  if (response.status === 304) return last;
  expect(response.status).toBe(200);
  etag = (response.headers.get('etag') ?? '').replaceAll('"', '');
  last = ((await response.json()) as Any).definitions;
  return last;
}

interface Published {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly name: string;
}
let made = 0;

async function setUp(suffix: string, versions: readonly string[], schema: Any, expected: Any = schema): Promise<Published> {
  const kind = `E2e-test-e2e-test-crd-publish-openapi-${++made}-crd`;
  const [plural, group] = [`${kind.toLowerCase()}s`, `crd-publish-openapi-test-${suffix}.example.com`];
  const published = { group, kind, plural, name: `${plural}.${group}` };
  await session.ok('create -f -', { input: JSON.stringify({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: published.name }, spec: { group, scope: 'Namespaced', names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` }, versions: versions.map((name, index) => ({ name, served: true, storage: index === 0, schema: { openAPIV3Schema: schema } })) } }) });
  for (const version of versions) await isPublished(published, version, expected);
  return published;
}

const definitionName = ({ group, kind }: Published, version: string): string => `${group.split('.').reverse().join('.')}.${version}.${kind}`;
const isPublished = (published: Published, version: string, schema: Any): Promise<void> =>
  expect.poll(async () => {
    const found = (await definitions())[definitionName(published, version)];
    if (found === undefined || schema === null) return found === undefined ? undefined : null;
    const { 'x-kubernetes-group-version-kind': _kind, properties, ...rest } = found;
    const { metadata: _metadata, apiVersion: _version, kind: _name, ...own } = properties ?? {};
    return { ...rest, ...(properties === undefined ? {} : { properties: own }) };
  }, { timeout: 20_000 }).toEqual(schema) as unknown as Promise<void>;
const isGone = (published: Published, version: string): Promise<void> => expect.poll(async () => definitionName(published, version) in (await definitions()), { timeout: 20_000 }).toBe(false) as unknown as Promise<void>;

async function cleanUp(published: Published, ...versions: string[]): Promise<void> {
  await session.ok(`delete crd ${published.name}`);
  for (const version of versions) await isGone(published, version);
}

const instance = ({ group, kind }: Published, name: string, more: Any): string => JSON.stringify({ kind, apiVersion: `${group}/v1`, metadata: { name }, ...more });
const send = (verb: string, input: string): Promise<Ran> => session.run([verb, '-f', '-'], { input });
/** Both verbs take it. */
async function isTaken(published: Published, name: string, more: Any): Promise<void> {
  for (const verb of ['create', 'apply']) {
    expect(await send(verb, instance(published, name, more))).toMatchObject({ code: 0 });
    await session.ok(`delete ${published.plural} ${name}`);
  }
}

describe.skipIf(minor === undefined)(`CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] (skipped where ${KUBECTL} cannot be run)`, { timeout: 120_000 }, () => {
  it('works for CRD with validation schema', async () => {
    const foo = await setUp('foo', ['v1'], FOO);
    await isTaken(foo, 'test-foo', { spec: { bars: [{ name: 'test-bar' }] } });
    for (const verb of ['create', 'apply']) {
      expect((await send(verb, instance(foo, 'test-foo', { spec: { bars: [{ name: 'test-bar', feeling: 'NonExistentValue' }] } }))).err).toContain('Unsupported value: "NonExistentValue"');
      expect((await send(verb, instance(foo, 'test-foo', { spec: { foo: true } }))).err).toMatch(/unknown field "(?:spec\.)?foo"/);
      expect((await send(verb, instance(foo, 'test-foo', { spec: { bars: [{ age: '10' }] } }))).err).toMatch(/missing required field "name"|spec\.bars\[0\]\.name: Required value/);
    }
    expect(await session.ok(`explain ${foo.plural}`)).toMatch(/DESCRIPTION:[\s\S]*Foo CRD for Testing[\s\S]*FIELDS:[\s\S]*apiVersion[\s\S]*<string>[\s\S]*APIVersion defines[\s\S]*spec[\s\S]*<Object>[\s\S]*Specification of Foo/);
    expect(await session.ok(`explain ${foo.plural}.metadata`)).toMatch(/DESCRIPTION:[\s\S]*Standard object's metadata[\s\S]*FIELDS:[\s\S]*creationTimestamp[\s\S]*<string>[\s\S]*CreationTimestamp is a timestamp/);
    expect(await session.ok(`explain ${foo.plural}.spec`)).toMatch(/DESCRIPTION:[\s\S]*Specification of Foo[\s\S]*FIELDS:[\s\S]*bars[\s\S]*<\[\]Object>[\s\S]*List of Bars and their specs/);
    expect(await session.ok(`explain ${foo.plural}.spec.bars`)).toMatch(/(?:RESOURCE|FIELD):[\s\S]*bars[\s\S]*<\[\]Object>[\s\S]*DESCRIPTION:[\s\S]*List of Bars and their specs[\s\S]*FIELDS:[\s\S]*bazs[\s\S]*<\[\]string>[\s\S]*List of Bazs[\s\S]*name[\s\S]*<string>[\s\S]*Name of Bar/);
    expect((await session.run(['explain', `${foo.plural}.spec.bars2`])).err).toContain('field "bars2" does not exist');
    await cleanUp(foo, 'v1');
  });

  it('works for CRD without validation schema', async () => {
    const empty = await setUp('empty', ['v1'], { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, { type: 'object' });
    await isTaken(empty, 'test-cr', { a: { b: [{ c: 'd' }] } });
    expect(await session.ok(`explain ${empty.plural}`)).toMatch(/DESCRIPTION:[\s\S]*<empty>/);
    await cleanUp(empty, 'v1');
  });

  it('works for CRD preserving unknown fields at the schema root', async () => {
    const root = await setUp('unknown-at-root', ['v1'], PRESERVE_ROOT, null);
    await isTaken(root, 'test-cr', { a: { b: [{ c: 'd' }] } });
    expect(await session.ok(`explain ${root.plural}`)).toMatch(new RegExp(`KIND:[\\s\\S]*${root.kind}`));
    await cleanUp(root, 'v1');
  });

  it('works for CRD preserving unknown fields in an embedded object', async () => {
    const nested = await setUp('unknown-in-nested', ['v1'], PRESERVE_NESTED, null);
    await isTaken(nested, 'test-cr', { spec: { a: null, b: [{ c: 'd' }] } });
    expect(await session.ok(`explain ${nested.plural}`)).toMatch(/DESCRIPTION:[\s\S]*preserve-unknown-properties in nested field for Testing/);
    await cleanUp(nested, 'v1');
  });

  it('works for multiple CRDs of different groups', async () => {
    const [foo, waldo] = [await setUp('foo', ['v1'], FOO), await setUp('waldo', ['v1beta1'], WALDO)];
    await isPublished(waldo, 'v1beta1', WALDO);
    await isPublished(foo, 'v1', FOO);
    await cleanUp(foo, 'v1');
    await cleanUp(waldo, 'v1beta1');
  });

  it('works for multiple CRDs of same group but different versions', async () => {
    const multi = await setUp('multi-ver', ['v2', 'v3'], FOO);
    await cleanUp(multi, 'v2', 'v3');
    const [foo, waldo] = [await setUp('common-group', ['v4'], FOO), await setUp('common-group', ['v5'], WALDO)];
    await isPublished(waldo, 'v5', WALDO);
    await isPublished(foo, 'v4', FOO);
    await cleanUp(foo, 'v4');
    await cleanUp(waldo, 'v5');
  });

  it('works for multiple CRDs of same group and version but different kinds', async () => {
    const [foo, waldo] = [await setUp('common-group', ['v6'], FOO), await setUp('common-group', ['v6'], WALDO)];
    await isPublished(waldo, 'v6', WALDO);
    await isPublished(foo, 'v6', FOO);
    await cleanUp(foo, 'v6');
    await cleanUp(waldo, 'v6');
  });

  it('updates the published spec when one version gets renamed', async () => {
    const multi = await setUp('multi-ver', ['v2', 'v3'], FOO);
    const operations = [{ op: 'test', path: '/spec/versions/1/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/1/name', value: 'v4' }];
    await session.okay(['patch', 'crd', multi.name, '--type=json', '-p', JSON.stringify(operations)]);
    await isPublished(multi, 'v4', FOO);
    await isGone(multi, 'v3');
    await isPublished(multi, 'v2', FOO);
    await cleanUp(multi, 'v2', 'v4');
  });

  it('removes definition from spec when one version gets changed to not be served', async () => {
    const multi = await setUp('multi-to-single-ver', ['v5', 'v6alpha1'], FOO);
    await session.okay(['patch', 'crd', multi.name, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: '/spec/versions/1/served', value: false }])]);
    await isGone(multi, 'v6alpha1');
    await isPublished(multi, 'v5', FOO);
    await cleanUp(multi, 'v5');
  });
});
