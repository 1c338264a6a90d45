/**
 * CertificateApproval, CertificateSigning and CertificateSubjectRestriction: who may approve and sign for a signer, and which
 * groups no client certificate may carry. Source: plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}/admission.go.
 */
import { parseCertificateRequest } from '../../../object/certificate-request.ts';
import { equal } from '../../../object/equal.ts';
import type { KubeObject } from '../../../object/types.ts';
import { goQuote } from '../../status/go-format.ts';
import { forbidden, type Status } from '../../status/status.ts';
import { nameForErrors, type AdmissionPlugin, type AdmissionWorld, type Attributes } from '../plugin.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const MASTERS = 'system:masters';

const RESOURCES = ['certificates.k8s.io/certificatesigningrequests'];
const signerOf = (request: KubeObject): string => (request['spec']?.signerName as string | undefined) ?? '';
const denied = (attributes: Attributes, why: string): Status => forbidden(attributes.info, nameForErrors(attributes), why);

/** May do `verb` for the signer itself or for all signers of its domain. */
function isPermitted({ context }: Attributes, world: AdmissionWorld, verb: string, signer: string): boolean {
  const names = [signer, `${signer.split('/')[0]}/*`];
  return names.some((name) => world.authorizes(context.user, { verb, group: 'certificates.k8s.io', resource: 'signers', subresource: '', namespace: '', name }));
}

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: ['UPDATE'],
  resources: RESOURCES,
  validate(attributes, world): Status | undefined {
    if (attributes.subresource !== 'approval') return undefined;
    const signer = signerOf(attributes.object as KubeObject);
    return isPermitted(attributes, world, 'approve', signer) ? undefined : denied(attributes, `user not permitted to approve requests with signerName ${goQuote(signer)}`);
  },
};

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: ['UPDATE'],
  resources: RESOURCES,
  validate(attributes, world): Status | undefined {
    if (attributes.subresource !== 'status') return undefined;
    const { object, old } = attributes as Required<Attributes>;
    const isSame = (['certificate', 'conditions'] as const).every((field) => equal(object?.['status']?.[field], old?.['status']?.[field]));
    const signer = signerOf(old as KubeObject);
    if (isSame || isPermitted(attributes, world, 'sign', signer)) return undefined;
    return denied(attributes, `user not permitted to sign requests with signerName ${goQuote(signer)}`);
  },
};

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: ['CREATE'],
  resources: RESOURCES,
  validate(attributes): Status | undefined {
    const request = attributes.object as KubeObject;
    if (attributes.subresource !== '' || signerOf(request) !== CLIENT_SIGNER) return undefined;
    const groups = parseCertificateRequest((request['spec']?.request as string | undefined) ?? '')?.organizations ?? [];
    return groups.includes(MASTERS) ? denied(attributes, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`) : undefined;
  },
};
