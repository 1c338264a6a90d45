import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { PODS, SECRETS, SERVICE_ACCOUNTS } from '../../client/resources.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';

const DAY = 24 * 3600;
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

const token = (name: string): object => ({ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: { name, annotations: { 'kubernetes.io/service-account.name': 'old' } } });

describe('cleaner of legacy service account tokens', () => {
  it('marks what was made automatically and nobody uses, and deletes it when it has been invalid for as long', () => {
    const plane = controlPlane(function* ({ client, sleep }: Script): Task {
      yield* client.create(SERVICE_ACCOUNTS, 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'old' }, secrets: [{ name: 'unused' }, { name: 'mounted' }, { name: 'used' }] });
      for (const name of ['unused', 'mounted', 'used', 'by-hand']) yield* client.create(SECRETS, 'default', token(name));
      yield* client.create(PODS, 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { serviceAccountName: 'old', automountServiceAccountToken: false, containers: [{ name: 'c', image: 'c' }], volumes: [{ name: 't', secret: { secretName: 'mounted' } }] } });
      yield* sleep(1.5 * DAY);
      yield* client.patch(SECRETS, 'default', 'used', 'application/merge-patch+json', { metadata: { labels: { 'kubernetes.io/legacy-token-last-used': '2026-01-02' } } });
    }, { nodes: 0, watched: ['secrets'], manager: { controllers: ['legacy-serviceaccount-token-cleaner-controller'], legacyServiceAccountTokenCleanUpPeriod: 1.5 * DAY * 1_000_000 } });
    const marks = (): Record<string, string | undefined> => Object.fromEntries(plane.list('secrets').map(({ metadata }) => [metadata.name, metadata.labels?.[INVALID_SINCE]]));
    plane.run(1.9 * DAY);
    expect(marks()).toEqual({ unused: undefined, mounted: undefined, used: undefined, 'by-hand': undefined });
    plane.run(0.2 * DAY);
    expect(marks()).toEqual({ unused: '2026-01-03', mounted: undefined, used: undefined, 'by-hand': undefined });
    plane.run(1.8 * DAY);
    expect(Object.keys(marks()).sort()).toEqual(['by-hand', 'mounted', 'unused', 'used']);
    plane.run(0.2 * DAY);
    // The mark counts from its midnight. What was used has not been for a day and a half by the third pass.
    expect(marks()).toEqual({ mounted: undefined, used: '2026-01-04', 'by-hand': undefined });
  });
});
