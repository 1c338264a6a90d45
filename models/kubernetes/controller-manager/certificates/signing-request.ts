/**
 * CertificateSigningRequests as their controllers see them: decisions, signers, and the two kinds of request that kubelets make.
 *
 * Source: pkg/controller/certificates/{certificate_controller,certificate_controller_utils}.go, pkg/apis/certificates/v1/helpers.go.
 */
import { ItemExponentialFailureRateLimiter, type RateLimiter } from '../../client/rate-limiter.ts';
import type { Condition } from '../../object/meta.ts';
import type { KubeObject } from '../../object/types.ts';
import type { CertificateRequest } from '../../object/certificate-request.ts';

export interface SigningRequest extends KubeObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly expirationSeconds?: number;
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly status?: { readonly conditions?: readonly (Condition & { readonly lastUpdateTime?: string })[]; readonly certificate?: string };
}

export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';
export const API_SERVER_CLIENT = 'kubernetes.io/kube-apiserver-client';
export const LEGACY_UNKNOWN = 'kubernetes.io/legacy-unknown';

export const isApproved = (request: SigningRequest): boolean => decided(request, 'Approved') && !decided(request, 'Denied');
export const decided = ({ status }: SigningRequest, type: string): boolean => (status?.conditions ?? []).some((condition) => condition.type === type);

const CLIENT_USAGES: readonly string[] = ['digital signature', 'key encipherment', 'client auth'];
const SERVING_USAGES: readonly string[] = ['digital signature', 'key encipherment', 'server auth'];

/** Exactly these, where key encipherment may be left out. */
function usagesAre(usages: readonly string[] | undefined, allowed: readonly string[]): boolean {
  const given = new Set(usages);
  return [...given].every((usage) => allowed.includes(usage)) && allowed.every((usage) => usage === 'key encipherment' || given.has(usage));
}

/** Why it is no client certificate of a kubelet; undefined when it is one (ValidateKubeletClientCSR). */
export function kubeletClientProblem({ spec }: SigningRequest, request: CertificateRequest): string | undefined {
  if (request.organizations.length !== 1 || request.organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'email subjectAltNames are not allowed';
  if (request.ipAddresses > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node: ';
  return usagesAre(spec.usages, CLIENT_USAGES) ? undefined : 'usages did not match [client auth digital signature key encipherment]';
}

/** Why it is no serving certificate of a kubelet (ValidateKubeletServingCSR). */
export function kubeletServingProblem({ spec }: SigningRequest, request: CertificateRequest): string | undefined {
  if (request.organizations.length !== 1 || request.organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length === 0 && request.ipAddresses === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses.length > 0) return 'email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node: ';
  return usagesAre(spec.usages, SERVING_USAGES) ? undefined : 'usages did not match [digital signature key encipherment server auth]';
}

/** What no client certificate may be used for, or has to be (validAPIServerClientUsages). */
export function apiServerClientProblem({ spec: { usages = [] } }: SigningRequest): string | undefined {
  const wrong = usages.find((usage) => !CLIENT_USAGES.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** certificate_controller.go: 200 ms · 2^n, at most 1000 s. */
export const certificateLimiter = (): RateLimiter => new ItemExponentialFailureRateLimiter(200_000, 1000 * 1_000_000);
