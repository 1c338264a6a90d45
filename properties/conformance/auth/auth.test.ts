/** Twins of test/e2e/auth (service accounts, subject reviews, certificates) and test/e2e/architecture. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES, MERGE_PATCH, STRATEGIC_PATCH } from '../framework/client.ts';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('svcaccounts');
});
const core = (resource: string): string => `/api/v1/namespaces/${namespace}/${resource}`;

describe('ServiceAccounts', () => {
  it('should mount an API token into pods', () => {
    k.post(core('serviceaccounts'), { metadata: { name: 'mount-test' } });
    k.post(core('pods'), { metadata: { name: 'pod-service-account' }, spec: { serviceAccountName: 'mount-test', containers: [{ name: 'test', image: IMAGES.busybox, command: ['sleep', '100000'] }], terminationGracePeriodSeconds: 0, restartPolicy: 'Never' } });
    k.poll(() => k.get(`${core('pods')}/pod-service-account`).status.phase === 'Running');
    const read = (name: string): string => k.exec(namespace, 'pod-service-account', ['cat', `${MOUNT}/${name}`], 'test');
    expect(read('ca.crt')).toBe(k.get(`${core('configmaps')}/kube-root-ca.crt`).data['ca.crt']);
    expect(read('namespace')).toBe(namespace);
    const { status } = k.post('/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { creationTimestamp: null }, spec: { token: read('token') }, status: { user: {} } });
    expect(status.authenticated).toBe(true);
    expect(status.error).toBeUndefined();
    expect(status.user.username).toBe(`system:serviceaccount:${namespace}:mount-test`);
    expect(status.user.groups).toEqual(expect.arrayContaining(['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`]));
  });

  it('should allow opting out of API token automount', () => {
    for (const [name, automountServiceAccountToken] of [['mount', true], ['nomount', false]] as const) k.post(core('serviceaccounts'), { metadata: { name }, automountServiceAccountToken });
    for (const account of ['default', 'mount', 'nomount']) {
      for (const spec of [undefined, true, false]) {
        const made = k.post(core('pods'), { metadata: { name: `pod-${account}-${String(spec)}` }, spec: { containers: [{ name: 'token-test', image: IMAGES.agnhost }], restartPolicy: 'Never', serviceAccountName: account, automountServiceAccountToken: spec } });
        const isMounted = (made.spec.containers[0].volumeMounts ?? []).some(({ mountPath }: Any) => mountPath === MOUNT);
        expect(isMounted).toBe(spec ?? account !== 'nomount');
      }
    }
  });

  it('should mount projected service account token', () => {
    k.post(core('pods'), {
      metadata: { name: 'test-pod' },
      spec: {
        restartPolicy: 'Never', volumes: [{ name: 'test-volume', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }] } }],
        containers: [{ name: 'agnhost-container', image: IMAGES.agnhost, args: ['mounttest', '--file_content=/test-volume/token'], volumeMounts: [{ name: 'test-volume', mountPath: '/test-volume', readOnly: true }] }],
      },
    });
    k.poll(() => k.get(`${core('pods')}/test-pod`).status.phase === 'Succeeded');
    expect(k.get(`${core('pods')}/test-pod/log`)).toMatch(/content of file "\/test-volume\/token": [A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+\.?[A-Za-z0-9-_.+/=]*/);
  });

  it('ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer', () => {
    const role = 'system:service-account-issuer-discovery';
    k.post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: `${namespace}-${role}` }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }], roleRef: { name: role, apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole' } });
    const [tokenPath, name] = ['/var/run/secrets/tokens', 'sa-token'];
    k.post(core('pods'), {
      metadata: { name: 'oidc-discovery-validator' },
      spec: {
        restartPolicy: 'Never', serviceAccountName: 'default',
        containers: [{ name: 'oidc-discovery-validator', image: IMAGES.agnhost, args: ['test-service-account-issuer-discovery', '--token-path', `${tokenPath}/${name}`, '--audience', 'oidc-discovery-test'], volumeMounts: [{ mountPath: tokenPath, name, readOnly: true }] }],
        volumes: [{ name, projected: { sources: [{ serviceAccountToken: { path: name, expirationSeconds: 600, audience: 'oidc-discovery-test' } }] } }],
      },
    });
    k.poll(() => ['Succeeded', 'Failed'].includes(k.get(`${core('pods')}/oidc-discovery-validator`).status.phase));
    expect(k.get(`${core('pods')}/oidc-discovery-validator/log`)).toContain('OK: Got valid claims from token!');
    expect(k.get(`${core('pods')}/oidc-discovery-validator`).status.phase).toBe('Succeeded');
  });

  it('should run through the lifecycle of a ServiceAccount', () => {
    const selector = 'labelSelector=test-serviceaccount-static=true';
    const made = k.post(core('serviceaccounts'), { metadata: { name: 'testserviceaccount', labels: { 'test-serviceaccount-static': 'true' } } });
    expect(k.get(`${core('serviceaccounts')}/testserviceaccount`).metadata.uid).toBe(made.metadata.uid);
    const watch = k.watch(`${core('serviceaccounts')}?${selector}&timeoutSeconds=180`);
    watch.until((type) => type === 'ADDED');
    k.patch(`${core('serviceaccounts')}/testserviceaccount`, STRATEGIC_PATCH, { metadata: { creationTimestamp: null }, automountServiceAccountToken: false });
    watch.until((type) => type === 'MODIFIED');
    expect(k.get(`/api/v1/serviceaccounts?${selector}`).items.map((account: Any) => [account.metadata.name, account.automountServiceAccountToken])).toEqual([['testserviceaccount', false]]);
    k.delete(core('serviceaccounts'));
    watch.until((type) => type === 'DELETED');
  });

  it('should guarantee kube-root-ca.crt exist in any namespace', () => {
    const path = `${core('configmaps')}/kube-root-ca.crt`;
    k.poll(() => k.maybe(path) !== undefined, 30);
    k.delete(path, { gracePeriodSeconds: 0 });
    k.poll(() => k.maybe(path) !== undefined, 30);
    k.put(path, { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': '' } });
    k.poll(() => Boolean(k.maybe(path)?.data?.['ca.crt']), 30);
  });

  it('should update a ServiceAccount', () => {
    expect(k.post(core('serviceaccounts'), { metadata: { name: 'e2e-sa' }, automountServiceAccountToken: false }).automountServiceAccountToken).toBe(false);
    expect(k.update(`${core('serviceaccounts')}/e2e-sa`, (account) => (account.automountServiceAccountToken = true)).automountServiceAccountToken).toBe(true);
  });
});

describe('SubjectReview', () => {
  it('should support SubjectReview API operations', () => {
    const account = k.post(core('serviceaccounts'), { metadata: { name: 'e2e' } });
    const name = `system:serviceaccount:${namespace}:e2e`;
    const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`];
    const spec = { resourceAttributes: { verb: 'list', resource: 'configmaps', namespace, version: 'v1' }, groups, uid: account.metadata.uid };
    const kinds = { apiVersion: 'authorization.k8s.io/v1' };
    const { allowed } = k.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', { ...kinds, kind: 'SubjectAccessReview', spec: { ...spec, user: name } }).status;
    const { code } = k.request('GET', core('configmaps'), undefined, { user: { name, uid: account.metadata.uid, groups } });
    expect(code === 200).toBe(allowed);
    const local = k.post(`/apis/authorization.k8s.io/v1/namespaces/${namespace}/localsubjectaccessreviews`, { ...kinds, kind: 'LocalSubjectAccessReview', metadata: { namespace }, spec: { ...spec, user: 'e2e' } });
    expect(local.status.allowed).toBe(allowed);
  });
});

/** A PKCS #10 request for `CN=e2e.example.com` and a certificate of it, made with openssl; nobody has their key. */
const REQUEST = btoa(`-----BEGIN CERTIFICATE REQUEST-----
MIHTMHwCAQAwGjEYMBYGA1UEAwwPZTJlLmV4YW1wbGUuY29tMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAEHpBA8xxBzFG18xzy74QC3kgTe/Au6DFn1o0+y/7w5mY5
vFuavOr2ORq3TjeU7JcF8psyGe3fl3QePNedPDLNpqAAMAoGCCqGSM49BAMCA0cA
MEQCICbgZDfIx48tKe/dOFIbSKTzOxAPKmLKEDxJjIVSgciEAiBQ/MYoOVAaiDtm
Cc7Esl9BPf39WLdsVa3HUI3T+W6+Ig==
-----END CERTIFICATE REQUEST-----
`);
const CERTIFICATE = btoa(`-----BEGIN CERTIFICATE-----
MIIBijCCATGgAwIBAgIURnJIfnTS6pC94axFqx+2ObCAEccwCgYIKoZIzj0EAwIw
GjEYMBYGA1UEAwwPZTJlLmV4YW1wbGUuY29tMCAXDTI2MTEyNzIzMjkxM1oYDzIx
MjYxMTAzMjMyOTEzWjAaMRgwFgYDVQQDDA9lMmUuZXhhbXBsZS5jb20wWTATBgcq
hkjOPQIBBggqhkjOPQMBBwNCAAQekEDzHEHMUbXzHPLvhALeSBN78C7oMWfWjT7L
/vDmZjm8W5q86vY5GrdON5TslwXymzIZ7d+XdB481508Ms2mo1MwUTAdBgNVHQ4E
FgQU/lwN932kzBJnRtWVRJa/lhV4erEwHwYDVR0jBBgwFoAU/lwN932kzBJnRtWV
RJa/lhV4erEwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAMLlNM
OWaW9Nb+ZGxZqElJUjp7EtZys+MbJiErrj+UFAIgfDxowVQwcxu/uuHMg/IdhImz
bCPVw5iZCcddmrWv69A=
-----END CERTIFICATE-----
`);

describe('Certificates API [Privileged:ClusterAdmin]', () => {
  it('should support CSR API operations', () => {
    const all = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const signerName = `example.com/e2e-${namespace}`;
    const selector = `fieldSelector=spec.signerName=${encodeURIComponent(signerName)}`;
    const make = (): Any => k.post(all, { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { generateName: 'e2e-example-csr-' }, spec: { request: REQUEST, signerName, expirationSeconds: 3600, usages: ['digital signature', 'key encipherment', 'server auth'] } });
    const [made] = [make(), make(), make()];
    const path = `${all}/${made.metadata.name}`;
    expect(k.get(path).metadata.uid).toBe(made.metadata.uid);
    expect(k.get(path).spec.expirationSeconds).toBe(3600);
    const listed = k.get(`${all}?${selector}`);
    expect(listed.items).toHaveLength(3);
    const watch = k.watch(`${all}?fieldSelector=metadata.name=${made.metadata.name}&resourceVersion=${listed.metadata.resourceVersion}`);
    expect(k.patch(path, MERGE_PATCH, { metadata: { annotations: { patched: 'true' } } }).metadata.annotations.patched).toBe('true');
    expect(k.update(path, ({ metadata }) => (metadata.annotations.updated = 'true')).metadata.annotations.updated).toBe('true');
    watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.patched === 'true');
    watch.until((type, { metadata }) => type === 'MODIFIED' && metadata.annotations?.updated === 'true');
    expect(k.get(`${path}/approval`).metadata.uid).toBe(made.metadata.uid);
    const approved = k.patch(`${path}/approval`, MERGE_PATCH, { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] } });
    expect(approved.status.conditions.map(({ type }: Any) => type)).toEqual(['ApprovalPatch']);
    expect(approved.metadata.annotations.patchedapproval).toBe('true');
    const again = k.update(path, ({ status }) => status.conditions.push({ type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }), '/approval');
    expect(again.status.conditions.map(({ type }: Any) => type)).toEqual(['ApprovalPatch', 'Approved']);
    expect(k.get(`${path}/status`).metadata.uid).toBe(made.metadata.uid);
    const signed = k.patch(`${path}/status`, MERGE_PATCH, { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate: CERTIFICATE } });
    expect(signed.status.certificate).toBe(CERTIFICATE);
    expect(signed.metadata.annotations.patchedstatus).toBe('true');
    expect(k.update(path, ({ status }) => status.conditions.push({ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }), '/status').status.conditions).toHaveLength(3);
    k.delete(path);
    expect(k.maybe(path)).toBeUndefined();
    expect(k.get(`${all}?${selector}`).items).toHaveLength(2);
    k.delete(`${all}?${selector}`);
    expect(k.get(`${all}?${selector}`).items).toEqual([]);
  });
});

describe('Conformance Tests', () => {
  it('should have at least two untainted nodes', () => {
    expect(k.schedulableNodes().length).toBeGreaterThanOrEqual(2);
  });
});
