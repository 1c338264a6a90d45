import { describe, expect, it } from 'vitest';
import type { Task } from '../../client/process.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../../client/resources.ts';
import { controlPlane, type Script } from '../testing/control-plane.ts';
import { parseCertificateRequest } from '../../object/certificate-request.ts';
import type { SigningRequest } from './signing-request.ts';

/** O=system:nodes, CN=system:node:node-1; made with openssl req. */
const CLIENT = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlId01JR1dBZ0VBTURReEZUQVRCZ05WQkFvTURITjVjM1JsYlRwdWIyUmxjekViTUJrR0ExVUVBd3dTYzNsegpkR1Z0T201dlpHVTZibTlrWlMweE1Ga3dFd1lIS29aSXpqMENBUVlJS29aSXpqMERBUWNEUWdBRTl6NTk2L1lVCnpsNzhhYUhoQ3g1TFJoWkI2RGhkaC9Qakl0SzVDRDRibjBXeUlVMHFIZnpHbnc0R3pLNkZSRGw1MW5WSlNIYi8KUC84Mm4xaFo2dk13MjZBQU1Bb0dDQ3FHU000OUJBTUNBMGtBTUVZQ0lRRFl1ell4NHBoZW53VXc2am43bGVpQwovcGMxWmMwNUVDRG1IWUoyc25heURBSWhBUG13SnlXYVJwd1k2YW5yQUZwUlhZNUxOTUJZNDNXcTdJd1ErRGFZCnpKUGsKLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';
/** The same with subjectAltName=DNS:node-1,IP:10.0.0.1. */
const SERVING = 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlJQkdqQ0J3QUlCQURBME1SVXdFd1lEVlFRS0RBeHplWE4wWlcwNmJtOWtaWE14R3pBWkJnTlZCQU1NRW5ONQpjM1JsYlRwdWIyUmxPbTV2WkdVdE1UQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQUJQYytmZXYyCkZNNWUvR21oNFFzZVMwWVdRZWc0WFlmejR5TFN1UWcrRzU5RnNpRk5LaDM4eHA4T0JzeXVoVVE1ZWRaMVNVaDIKL3ovL05wOVlXZXJ6TU51Z0tqQW9CZ2txaGtpRzl3MEJDUTR4R3pBWk1CY0dBMVVkRVFRUU1BNkNCbTV2WkdVdApNWWNFQ2dBQUFUQUtCZ2dxaGtqT1BRUURBZ05KQURCR0FpRUE2TnJqV1ppcXNHSlQybUNxS3ducWZKS3ZaSHF5CnlwZVlDMEVSVkRhdXFvUUNJUUN5Yk94cTBMRVdKVmR1YVBBOXZ1SEJCOHo4NFM4T3NBd04yYzZaWFZVRXFnPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==';

const request = (name: string, body: string, signerName: string, usages: readonly string[]): unknown => ({
  apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec: { request: body, signerName, usages: [...usages] },
});
const approve = (object: SigningRequest): SigningRequest => ({ ...object, status: { conditions: [{ type: 'Approved', status: 'True', reason: 'ByHand', message: '' }] } });

describe('certificate requests', () => {
  it('are read', () => {
    expect(parseCertificateRequest(CLIENT)).toEqual({ commonName: 'system:node:node-1', organizations: ['system:nodes'], dnsNames: [], ipAddresses: 0, emailAddresses: [], uris: [] });
    expect(parseCertificateRequest(SERVING)).toMatchObject({ dnsNames: ['node-1'], ipAddresses: 1 });
    expect(parseCertificateRequest('bm90aGluZw==')).toBeUndefined();
    for (let cut = 0; cut < CLIENT.length; cut += 7) parseCertificateRequest(CLIENT.slice(0, cut));
  });

  it('of kubelets for themselves are approved and signed, others wait for a person, wrong ones fail', () => {
    const plane = controlPlane(function* ({ client }: Script): Task {
      yield* client.create(CERTIFICATE_SIGNING_REQUESTS, undefined, request('client', CLIENT, 'kubernetes.io/kube-apiserver-client-kubelet', ['digital signature', 'client auth']));
      for (const [name, usages] of [['serving', ['digital signature', 'server auth']], ['wrong', ['digital signature', 'client auth']]] as const) {
        const made = yield* client.create<SigningRequest>(CERTIFICATE_SIGNING_REQUESTS, undefined, request(name, SERVING, 'kubernetes.io/kubelet-serving', usages));
        if (made.ok) yield* client.update(CERTIFICATE_SIGNING_REQUESTS, approve(made.object), 'approval');
      }
      yield* client.create(CERTIFICATE_SIGNING_REQUESTS, undefined, request('waits', CLIENT, 'kubernetes.io/kube-apiserver-client', ['client auth']));
    });
    plane.run(10);
    const seen = Object.fromEntries(plane.list<SigningRequest>('certificatesigningrequests').map((object) => [object.metadata.name, object.status]));
    expect(seen['client']?.conditions).toMatchObject([{ type: 'Approved', reason: 'AutoApproved', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' }]);
    expect(atob(seen['client']?.certificate ?? '')).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(seen['serving']?.certificate).toBeDefined();
    expect(seen['wrong']).toMatchObject({ conditions: [{ type: 'Approved' }, { type: 'Failed', reason: 'SignerValidationFailure', message: 'usages did not match [digital signature key encipherment server auth]' }] });
    expect(seen['waits']?.conditions).toBeUndefined();
    plane.run(2 * 3600);
    expect(plane.list<SigningRequest>('certificatesigningrequests').map(({ metadata }) => metadata.name)).toEqual(['waits']);
  });
});
