import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from '../../object/hash.ts';
import type { ConfigMap, Secret } from '../../object/types.ts';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, SECRETS } from '../../client/resources.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';
import { hmacSha256 } from './bootstrap-token.ts';

const token = (id: string, more: Record<string, string> = {}): unknown => ({
  apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token', metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
  data: Object.fromEntries(Object.entries({ 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...more }).map(([key, value]) => [key, btoa(value)])),
});

describe('bootstrap tokens', () => {
  it('sign with HMAC-SHA256', () => {
    for (const length of [0, 1, 63, 64, 65, 200]) {
      const key = 'k'.repeat(length);
      expect([...hmacSha256(utf8Bytes(key), utf8Bytes('message'))]).toEqual([...createHmac('sha256', key).update('message').digest()]);
    }
  });

  it('sign cluster-info while they last, and are cleaned up after', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(CONFIG_MAPS, 'kube-public', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info', namespace: 'kube-public' }, data: { kubeconfig: 'apiVersion: v1' } });
      yield* client.create(SECRETS, 'kube-system', token('aaaaaa'));
      yield* client.create(SECRETS, 'kube-system', token('bbbbbb', { expiration: '2026-01-01T00:01:00Z' }));
      yield* client.create(SECRETS, 'kube-system', token('cccccc', { 'usage-bootstrap-signing': 'false' }));
    }, { manager: { controllers: ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'] } });
    const signatures = (): string[] => Object.keys(plane.list<ConfigMap>('configmaps').find(({ metadata }) => metadata.name === 'cluster-info')?.data ?? {}).sort();
    plane.run(20);
    expect(signatures()).toEqual(['jws-kubeconfig-aaaaaa', 'jws-kubeconfig-bbbbbb', 'kubeconfig']);
    plane.run(60);
    expect(plane.list<Secret>('secrets').map(({ metadata }) => metadata.name).sort()).toEqual(['bootstrap-token-aaaaaa', 'bootstrap-token-cccccc']);
    expect(signatures()).toEqual(['jws-kubeconfig-aaaaaa', 'kubeconfig']);
  });
});
