import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ManagedFieldsEntry } from '../../object/types.ts';
import { kindOf } from '../registry/kinds.ts';
import { compare, fieldsOf } from './compare.ts';
import { differenceBelow, difference, intersection, members, pathText, sameSet, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { resetFieldsOf, tracked, updateManagedFields, withManagedFields } from './managed-fields.ts';
import type { Writer } from './managed-fields.ts';
import { shapeOf } from './shape.ts';

const ORACLE = new URL('../../../../../shared/oracle/api-public.json', import.meta.url);

interface Exchange {
  request: { method: string; path: string; body?: unknown };
  response: { status: number; body: { kind?: string; apiVersion?: string; metadata: Record<string, unknown>; [key: string]: unknown } };
}

const strip = (body: Exchange['response']['body']): Record<string, unknown> => {
  const { managedFields: _, ...metadata } = body.metadata;
  return { ...body, metadata };
};
const withoutTimes = (entries: readonly ManagedFieldsEntry[]): unknown => entries.map(({ time: _, ...rest }) => rest);

/** Resource, group and whether the write went to a subresource, out of a path of a recorded exchange. */
function parsePath(path: string): { group: string; resource: string; name: string; subresource: string } {
  const parts = (path.split('?')[0] ?? '').split('/').slice(1);
  const group = parts[0] === 'api' ? '' : (parts[1] ?? '');
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3);
  const tail = rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '') ? rest.slice(2) : rest;
  return { group, resource: tail[0] ?? '', name: tail[1] ?? '', subresource: tail[2] ?? '' };
}

/** Kinds whose answer shows more than was recorded: admission and strategies run after the recording. */
const REWRITTEN = new Set(['pods', 'jobs', 'services', 'namespaces']);

describe.skipIf(!existsSync(ORACLE))('managedFields against recorded writes (skipped without the recordings beside the project)', () => {
  const groups = existsSync(ORACLE) ? (JSON.parse(readFileSync(ORACLE, 'utf8')) as { group: string; exchanges: Exchange[] }[]) : [];

  it('gives a new object the fields that the real server gives it', () => {
    let checked = 0;
    for (const { group, exchanges } of groups) {
      for (const { request, response } of exchanges) {
        const { group: apiGroup, resource, subresource } = parsePath(request.path);
        const info = kindOf(apiGroup, resource);
        if (request.method !== 'POST' || response.status !== 201 || subresource !== '' || info === undefined || info.virtual) continue;
                if (response.body.metadata['managedFields'] === undefined || REWRITTEN.has(resource)) continue;
        const writer: Writer = { manager: 'vector', apiVersion: String(response.body.apiVersion), subresource: '', now: '' };
        const reset = resetFieldsOf(info.subresources.some((entry) => entry.name === 'status'), '');
        const schema = info.versions.find((v) => String(response.body.apiVersion).endsWith(v.version))?.schema ?? '';
        const got = updateManagedFields(shapeOf(schema), {}, strip(response.body), writer, reset);
        const want = (response.body.metadata['managedFields'] as ManagedFieldsEntry[]).filter((e) => e.manager === 'vector');
        expect(withoutTimes(got), `${group} ${request.path} ${JSON.stringify(request.body).slice(0, 200)}`).toEqual(withoutTimes(want));
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(30);
  });

  it('finds the fields of a new object as a comparison with nothing finds them', () => {
    let checked = 0;
    for (const { exchanges } of groups) {
      for (const { request, response } of exchanges) {
        const { group, resource } = parsePath(request.path);
        const info = kindOf(group, resource);
        if (response.status > 201 || info === undefined || info.virtual || response.body.metadata === undefined) continue;
        const shape = shapeOf(info.versions.find((v) => String(response.body.apiVersion).endsWith(v.version))?.schema ?? '');
        const reset = resetFieldsOf(info.subresources.some((entry) => entry.name === 'status'), '');
        const object = strip(response.body);
        const { added, modified } = compare(shape, {}, object);
        const [entry] = updateManagedFields(shape, {}, object, { manager: 'm', apiVersion: 'v1', subresource: '', now: '' }, reset);
        expect(JSON.stringify(entry?.fieldsV1 ?? {}), request.path).toBe(JSON.stringify(tracked(union(added, modified), reset)));
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(50);
  });

  it('follows recorded updates and patches', () => {
    let checked = 0;
    for (const { group, exchanges } of groups) {
      const live = new Map<string, Exchange['response']['body']>();
      for (const { request, response } of exchanges) {
        const { group: apiGroup, resource, name, subresource } = parsePath(request.path);
        const info = kindOf(apiGroup, resource);
        if (info === undefined || response.status > 201 || response.body?.kind !== info.kind) continue;
        const key = `${resource}/${String(response.body.metadata['name'])}`;
        const before = live.get(key);
        live.set(key, response.body);
        if (before === undefined || !['PUT', 'PATCH'].includes(request.method) || name === '') continue;
        if (before.metadata['resourceVersion'] === response.body.metadata['resourceVersion']) continue;
        const writer: Writer = { manager: 'vector', apiVersion: String(response.body.apiVersion), subresource, now: '' };
        const reset = resetFieldsOf(info.subresources.some((entry) => entry.name === 'status'), subresource);
        const got = updateManagedFields(shapeOf(info.versions[0]?.schema ?? ''), before, strip(response.body), writer, reset);
        const want = (response.body.metadata['managedFields'] ?? []) as ManagedFieldsEntry[];
        const sorted = (entries: unknown): string[] => (entries as unknown[]).map((entry) => JSON.stringify(entry)).sort();
        expect(sorted(withoutTimes(got)), `${group} ${request.path} ${JSON.stringify(request.body)}`).toEqual(sorted(withoutTimes(want)));
        checked += 1;
      }
    }
    expect(checked).toBeGreaterThan(15);
  });
});

describe('sets of fields', () => {
  const leaf: FieldSet = {};
  const a: FieldSet = { 'f:spec': { 'f:a': leaf, 'f:b': { '.': leaf, 'f:c': leaf } } };
  const b: FieldSet = { 'f:spec': { 'f:b': { 'f:c': leaf }, 'f:d': leaf } };

  it('unite, subtract and intersect', () => {
    expect(union(a, b)).toEqual({ 'f:spec': { 'f:a': {}, 'f:b': { '.': {}, 'f:c': {} }, 'f:d': {} } });
    expect(difference(a, b)).toEqual({ 'f:spec': { 'f:a': {}, 'f:b': {} } });
    expect(intersection(a, b)).toEqual({ 'f:spec': { 'f:b': { 'f:c': {} } } });
    expect(differenceBelow(a, { 'f:spec': { 'f:b': leaf } })).toEqual({ 'f:spec': { 'f:a': {} } });
    expect(union(a, difference(a, b))).toBe(a);
    expect(sameSet(union(b, a), union(a, b))).toBe(true);
  });

  it('print paths as conflicts show them', () => {
    const set = { 'f:spec': { 'f:containers': { 'k:{"name":"c"}': { '.': leaf, 'f:image': leaf } }, 'f:x': { 'v:"y"': leaf } } };
    expect(members(set).map(pathText)).toEqual(['.spec.containers[name="c"]', '.spec.containers[name="c"].image', '.spec.x[="y"]']);
  });
});

describe('managedFields of an update', () => {
  const shape = shapeOf('apps.v1.Deployment');
  const writer = (manager: string, now: string, subresource = ''): Writer => ({ manager, apiVersion: 'apps/v1', subresource, now });
  const base = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 1, paused: true } };

  it('moves a changed field to the writer and drops what was removed from everybody', () => {
    const live = withManagedFields(base, updateManagedFields(shape, {}, base, writer('a', 't1')));
    const next = { ...live, spec: { replicas: 2 } };
    const entries = updateManagedFields(shape, live, next, writer('b', 't2'));
    expect(entries).toEqual([
      { manager: 'b', operation: 'Update', apiVersion: 'apps/v1', time: 't2', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ]);
  });

  it('returns the stored list when nothing tracked changed', () => {
    const live = withManagedFields(base, updateManagedFields(shape, {}, base, writer('a', 't1')));
    const next = { ...live, metadata: { ...live.metadata, resourceVersion: '7' } };
    expect(updateManagedFields(shape, live, next, writer('b', 't2'))).toBe((live.metadata as { managedFields?: unknown }).managedFields);
  });

  it('keeps at most ten update entries', () => {
    let live: Record<string, unknown> = withManagedFields(base, updateManagedFields(shape, {}, base, writer('m', 't09')));
    for (let at = 0; at < 14; at++) {
      const next = { ...live, metadata: { ...(live['metadata'] as object), annotations: { ...((live['metadata'] as Record<string, object>)['annotations'] ?? {}), [`k${at}`]: 'v' } } };
      live = withManagedFields(next, updateManagedFields(shape, live, next, writer(`m${at}`, `t${10 + at}`)));
    }
    const entries = (live['metadata'] as { managedFields: ManagedFieldsEntry[] }).managedFields;
    expect(entries.filter((entry) => entry.manager !== 'ancient-changes')).toHaveLength(9);
    expect(entries.some((entry) => entry.manager === 'ancient-changes')).toBe(true);
  });

  it('states what an applied configuration owns', () => {
    const applied = { metadata: { labels: { a: 'b' } }, spec: { template: { spec: { containers: [{ name: 'c', ports: [{ containerPort: 80 }] }] } } } };
    expect(fieldsOf(shape, applied)).toEqual({
      'f:metadata': { 'f:labels': { 'f:a': {} } },
      'f:spec': {
        'f:template': {
          'f:spec': {
            'f:containers': {
              'k:{"name":"c"}': { '.': {}, 'f:name': {}, 'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } } },
            },
          },
        },
      },
    });
    expect(compare(shape, applied, applied).added).toEqual({});
  });
});
