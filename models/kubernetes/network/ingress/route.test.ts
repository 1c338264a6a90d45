import { describe, expect, it } from 'vitest';
import type { Ingress } from '../../object/types.ts';
import { hasClass, hostMatches, pathMatches, RouteTable } from './route.ts';

function ingress(
  name: string,
  rules: readonly (readonly [string, string, string, string])[],
  spec: object = {},
): Ingress {
  return {
    metadata: { name, namespace: 'shop', creationTimestamp: `2026-01-01T00:00:0${name.length}Z` },
    spec: {
      rules: rules.map(([host, pathType, path, service]) => ({
        ...(host === '' ? {} : { host }),
        http: { paths: [{ path, pathType, backend: { service: { name: service, port: { number: 80 } } } }] },
      })),
      ...spec,
    },
  } as unknown as Ingress;
}

describe('ingress routes', () => {
  it('match prefixes by whole elements', () => {
    expect(['/foo', '/foo/', '/foo/bar', '/foobar', '/'].map((path) => pathMatches('/foo', false, path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(['/foo', '/foo/', '/foo/bar'].map((path) => pathMatches('/foo/', false, path))).toEqual([true, true, true]);
    expect(['/foo', '/foo/'].map((path) => pathMatches('/foo', true, path))).toEqual([true, false]);
  });

  it('match wildcards by one label', () => {
    expect(['bar.foo.com', 'baz.bar.foo.com', 'foo.com'].map((host) => hostMatches('*.foo.com', host))).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('prefer exact hosts, long paths, exact paths, old Ingresses', () => {
    const table = new RouteTable([
      ingress('bb', [['a.foo.com', 'Prefix', '/', 'newer']]),
      ingress(
        'a',
        [
          ['a.foo.com', 'Prefix', '/', 'root'],
          ['a.foo.com', 'Prefix', '/api', 'api'],
          ['a.foo.com', 'Exact', '/api', 'exact'],
          ['*.foo.com', 'Prefix', '/', 'wild'],
          ['', 'Prefix', '/api', 'any'],
        ],
        { defaultBackend: { service: { name: 'fallback', port: { name: 'http' } } } },
      ),
    ]);
    const to = (host: string, path: string): string | undefined => table.match(host, path)?.service;
    expect(to('a.foo.com', '/x')).toBe('root');
    expect(to('A.foo.com:8080', '/api?x=1')).toBe('exact');
    expect(to('a.foo.com', '/api/v1')).toBe('api');
    expect(to('b.foo.com', '/api')).toBe('wild');
    expect(to('other.com', '/api/v1')).toBe('any');
    expect(to('other.com', '/')).toBe('fallback');
    expect(new RouteTable([]).match('x', '/')).toBeUndefined();
  });

  it('belong to a class by field, annotation or default', () => {
    expect(hasClass(ingress('a', []), 'nginx', true)).toBe(true);
    expect(hasClass(ingress('a', []), 'nginx', false)).toBe(false);
    expect(hasClass(ingress('a', [], { ingressClassName: 'other' }), 'nginx', true)).toBe(false);
  });
});
