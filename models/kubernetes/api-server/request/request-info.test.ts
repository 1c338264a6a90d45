import { describe, expect, it } from 'vitest';
import { queryOf, queryValues, requestInfo, segmentsOf } from './request-info.ts';

const info = (method: string, url: string): unknown => {
  const [path = '', search = ''] = url.split('?');
  return requestInfo(method, segmentsOf(path) ?? [], queryOf(search));
};

describe('requestInfo', () => {
  it('splits namespaced, cluster-scoped and subresource paths', () => {
    expect(info('GET', '/api/v1/namespaces/a/pods/p/log')).toEqual({
      group: '', version: 'v1', verb: 'get', resource: 'pods', namespace: 'a', name: 'p', subresource: 'log', rest: [],
    });
    expect(info('PUT', '/api/v1/namespaces/a/finalize')).toEqual({
      group: '', version: 'v1', verb: 'update', resource: 'namespaces', name: 'a', subresource: 'finalize', rest: [],
    });
    expect(info('GET', '/apis/apps/v1/deployments?watch=1')).toMatchObject({ group: 'apps', verb: 'watch', resource: 'deployments' });
    expect(info('DELETE', '/api/v1/namespaces/a/pods')).toMatchObject({ verb: 'deletecollection', namespace: 'a' });
    expect(info('GET', '/api/v1/watch/namespaces/a/pods')).toMatchObject({ verb: 'watch', resource: 'pods', namespace: 'a' });
  });

  it('knows what is no resource request', () => {
    for (const path of ['/', '/healthz', '/api', '/api/v1', '/apis/apps', '/apis/apps/v1']) expect(info('GET', path)).toBeUndefined();
    expect(info('TRACE', '/api/v1/pods')).toBeUndefined();
    expect(segmentsOf('/api/%zz')).toBeUndefined();
  });

  it('reads queries as Go does', () => {
    expect(queryOf('labelSelector=a%3Db,c+in+(d)&limit=1&limit=2&empty')).toEqual({ labelSelector: 'a=b,c in (d)', limit: '1', empty: '' });
    expect(queryValues('command=echo&command=a%20b&x=y', 'command')).toEqual(['echo', 'a b']);
  });
});
