import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiResponse } from '../../api/message.ts';
import { ApiBench, messageOf as message } from '../../cluster/testing/api-bench.ts';

const GROUP = 'example.com';
const definition = (plural: string, kind: string, versions: readonly unknown[], spec: Record<string, unknown> = {}): unknown => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${GROUP}` },
  spec: { group: GROUP, scope: 'Namespaced', names: { plural, kind }, versions, ...spec },
});
const version = (name: string, openAPIV3Schema: unknown, more: Record<string, unknown> = {}): unknown => ({ name, served: true, storage: true, schema: { openAPIV3Schema }, ...more });
const CRDS = 'apiextensions.k8s.io/v1/customresourcedefinitions';

describe('a custom resource', () => {
  let bench: ApiBench;
  const path = `${GROUP}/v1/gauges`;
  const create = (spec: unknown, name = 'a'): ApiResponse => bench.send('create', path, { apiVersion: `${GROUP}/v1`, kind: 'Gauge', metadata: { name }, spec }, { namespace: 'default' });
  beforeAll(() => {
    bench = new ApiBench();
    const schema = {
      type: 'object',
      properties: {
        spec: {
          type: 'object',
          required: ['size'],
          properties: {
            size: { type: 'integer', minimum: 1 },
            unit: { type: 'string', enum: ['m', 'ft'], default: 'm' },
            parts: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, weight: { type: 'integer', default: 1 } } } },
            free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
          'x-kubernetes-validations': [
            { rule: "self.unit == 'm' || self.size > 3", messageExpression: "'feet begin at 4, not ' + string(self.size)" },
            { rule: 'self.size >= oldSelf.size', message: 'may not shrink' },
          ],
        },
      },
    };
    expect(bench.send('create', CRDS, definition('gauges', 'Gauge', [version('v1', schema, { selectableFields: [{ jsonPath: '.spec.unit' }] })])).code).toBe(201);
    bench.cluster.runFor(3_000_000);
  });

  it('is defaulted and pruned, at any depth', () => {
    const { code, body, warnings } = create({ size: 5, parts: [{ name: 'x', y: 1 }], free: { z: [1] }, lost: true });
    expect(code).toBe(201);
    expect((body as any).spec).toEqual({ size: 5, unit: 'm', parts: [{ name: 'x', weight: 1 }], free: { z: [1] } });
    expect(warnings).toEqual(['unknown field "spec.lost"', 'unknown field "spec.parts[0].y"']);
    expect((body as any).metadata.generation).toBe(1);
  });
  it('is refused with the messages of the real server', () => {
    expect(message(create({ size: 0, unit: 'm' }, 'b'))).toBe(`Gauge.${GROUP} "b" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1`);
    expect(message(create({ size: 2, unit: 'ft' }, 'b'))).toBe(`Gauge.${GROUP} "b" is invalid: spec: Invalid value: "object": feet begin at 4, not 2`);
    expect(message(create({ size: 2, parts: [{ name: 'x' }, { name: 'x' }] }, 'b'))).toBe(`Gauge.${GROUP} "b" is invalid: spec.parts[1]: Duplicate value: map[string]interface {}{"name":"x"}`);
  });
  it('is held to transition rules', () => {
    const patched = bench.send('patch', `${path}/a`, { spec: { size: 4 } }, { namespace: 'default', contentType: 'application/merge-patch+json' });
    expect(message(patched)).toBe(`Gauge.${GROUP} "a" is invalid: spec: Invalid value: "object": may not shrink`);
  });
  it('is found by its selectable fields', () => {
    const list = (selector: string): ApiResponse => bench.send('list', path, undefined, { query: { fieldSelector: selector } });
    expect((list('spec.unit=m').body as any).items).toHaveLength(1);
    expect((list('spec.unit=ft').body as any).items).toHaveLength(0);
    expect(message(list('spec.size=5'))).toBe('field label not supported: spec.size');
  });
  it('goes with its definition, whose name can then be taken again', () => {
    expect((bench.send('delete', `${CRDS}/gauges.${GROUP}`).body as any).status.conditions.at(-1).reason).toBe('InstanceDeletionPending');
    bench.cluster.runFor(3_000_000);
    expect(bench.send('get', `${CRDS}/gauges.${GROUP}`).code).toBe(404);
    expect(bench.send('get', `${path}/a`, undefined, { namespace: 'default' }).code).toBe(404);
    expect(bench.cluster.list(`${GROUP}/gauges`)).toEqual([]);
  });
});

describe('versions', () => {
  it('are one object that each version shows as its own', () => {
    const bench = new ApiBench();
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    const versions = [version('v1beta1', open, { storage: false, deprecated: true }), version('v1', { type: 'object', properties: { spec: open } })];
    bench.send('create', CRDS, definition('pairs', 'Pair', versions));
    bench.cluster.runFor(3_000_000);
    const made = bench.send('create', `${GROUP}/v1beta1/pairs`, { apiVersion: `${GROUP}/v1beta1`, kind: 'Pair', metadata: { name: 'a' }, other: 1, spec: { x: 1 } }, { namespace: 'default' });
    expect(made.warnings).toEqual([`${GROUP}/v1beta1 Pair is deprecated; use ${GROUP}/v1 Pair`]);
    const read = bench.send('get', `${GROUP}/v1/pairs/a`, undefined, { namespace: 'default' }).body as any;
    expect(read.apiVersion).toBe(`${GROUP}/v1`);
    expect(read.other).toBeUndefined();
    expect(read.spec).toEqual({ x: 1 });
  });
});

describe('a definition', () => {
  it('is checked: structural schema, defaults, CEL with positions', () => {
    const bench = new ApiBench();
    const refused = (schema: unknown): string => message(bench.send('create', CRDS, definition('bads', 'Bad', [version('v1', schema)])));
    expect(refused({ type: 'object', properties: { spec: { properties: {} } } })).toContain('spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields');
    expect(refused({ type: 'object', properties: { a: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.b > 1' }] })).toContain("compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b > 1\n | ....^");
    expect(refused({ type: 'object', anyOf: [{ properties: { a: { minimum: 1 } } }] })).toContain('spec.validation.openAPIV3Schema.properties[a]: Required value: because it is defined in spec.validation.openAPIV3Schema.anyOf[0].properties[a]');
  });
  it('does not get names that are taken', () => {
    const bench = new ApiBench();
    const open = { type: 'object' };
    bench.send('create', CRDS, definition('firsts', 'First', [version('v1', open)], { names: { plural: 'firsts', kind: 'First', shortNames: ['f'] } }));
    bench.cluster.runFor(2_000_000);
    bench.send('create', CRDS, definition('seconds', 'First', [version('v1', open)], { names: { plural: 'seconds', kind: 'First', shortNames: ['f'] } }));
    bench.cluster.runFor(2_000_000);
    const conditions = (bench.send('get', `${CRDS}/seconds.${GROUP}`).body as any).status.conditions;
    expect(conditions.map(({ type, status }: any) => `${type}=${status}`)).toEqual(['NamesAccepted=False', 'Established=False']);
    bench.send('delete', `${CRDS}/firsts.${GROUP}`);
    bench.cluster.runFor(8_000_000);
    const later = (bench.send('get', `${CRDS}/seconds.${GROUP}`).body as any).status.conditions;
    expect(later.map(({ type, status }: any) => `${type}=${status}`)).toEqual(['NamesAccepted=True', 'Established=True']);
  });
  it('is served by every API server, also after a restart', () => {
    const bench = new ApiBench({ apiServers: 2 });
    bench.send('create', CRDS, definition('shareds', 'Shared', [version('v1', { type: 'object' })]));
    bench.cluster.runFor(10_000_000);
    bench.send('create', `${GROUP}/v1/shareds`, { apiVersion: `${GROUP}/v1`, kind: 'Shared', metadata: { name: 'a' } }, { namespace: 'default' });
    bench.cluster.kernel.control({ kind: 'crash', actor: 'kube-apiserver-1', reason: 'test' }, bench.cluster.now);
    bench.cluster.runFor(1_000_000);
    expect(bench.send('get', `${GROUP}/v1/shareds/a`, undefined, { namespace: 'default' }).code).toBe(200);
    bench.cluster.kernel.control({ kind: 'restart', actor: 'kube-apiserver-1', reason: 'test' }, bench.cluster.now);
    bench.cluster.runFor(5_000_000);
    expect((bench.send('list', `${GROUP}/v1/shareds`, undefined, { query: { resourceVersion: '0' } }).body as any).items).toHaveLength(1);
  });
});
