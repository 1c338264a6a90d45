/**
 * The signers of approved certificate requests, one loop for each of the four signer names.
 *
 * Safety: only approved requests that have not failed, only what the signer is for; what is refused gets the condition Failed. Liveness: an approved
 * request gets its certificate. The certificate is a text in the form of one: a simulation makes no cryptography (see fidelity.md).
 * Source: pkg/controller/certificates/signer/signer.go.
 */
import type { Client } from '../../client/client.ts';
import { ControlLoop } from '../../client/control-loop.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { utf8Bytes } from '../../object/hash.ts';
import { formatSeconds } from '../../object/time.ts';
import type { ControllerContext } from '../controller-context.ts';
import { base64 } from '../../object/base64.ts';
import { parseCertificateRequest, type CertificateRequest } from '../../object/certificate-request.ts';
import {
  API_SERVER_CLIENT, apiServerClientProblem, certificateLimiter, decided, isApproved, KUBELET_CLIENT, KUBELET_SERVING, kubeletClientProblem, kubeletServingProblem, LEGACY_UNKNOWN, type SigningRequest,
} from './signing-request.ts';

/** `--cluster-signing-duration`, and the least that a request may ask for, in seconds. */
const DURATION = 365 * 24 * 3600;
const DURATION_MIN = 600;
const BACKDATE = 300;

const SIGNERS: readonly { readonly name: string; readonly client: string; readonly problem: (request: SigningRequest, parsed: CertificateRequest) => string | undefined }[] = [
  { name: KUBELET_SERVING, client: 'csrsigning-kubelet-serving', problem: kubeletServingProblem },
  { name: KUBELET_CLIENT, client: 'csrsigning-kubelet-client', problem: kubeletClientProblem },
  { name: API_SERVER_CLIENT, client: 'csrsigning-kube-apiserver-client', problem: apiServerClientProblem },
  { name: LEGACY_UNKNOWN, client: 'csrsigning-legacy-unknown', problem: () => undefined },
];

export class CSRSigningController {
  readonly loops: readonly ControlLoop[];
  private readonly context: ControllerContext;
  private readonly requests: SharedInformer<SigningRequest>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.requests = context.factory.informer<SigningRequest>(CERTIFICATE_SIGNING_REQUESTS);
    this.loops = SIGNERS.map((signer) => {
      const client = context.client(signer.client);
      const sync = (name: string): Task<Err> => this.sync(client, signer, name);
      return context.loop({ name: `certificatesigningrequest-signing-controller.${signer.client}`, workers: 5, client, sync, limiter: certificateLimiter() }, [this.requests]);
    });
    const enqueue = ({ metadata }: SigningRequest): void => this.loops.forEach(({ queue }) => queue.add(metadata.name));
    this.requests.addEventHandler({ add: enqueue, update: (_old, request) => enqueue(request), delete: enqueue });
  }

  private *sync(client: Client, { name: signerName, problem }: (typeof SIGNERS)[number], name: string): Task<Err> {
    const request = this.requests.lister.get(undefined, name);
    if (request === undefined || request.spec.signerName !== signerName || request.status?.certificate !== undefined) return undefined;
    if (!isApproved(request) || decided(request, 'Failed')) return undefined;
    const parsed = parseCertificateRequest(request.spec.request);
    if (parsed === undefined) return failure(`unable to parse csr "${name}"`);
    const why = problem(request, parsed);
    if (why !== undefined) {
      const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: why, lastUpdateTime: this.context.clock.text };
      const failed = { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } };
      return failureOf(yield* client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, failed));
    }
    const certificate = this.certificate(request, parsed);
    const result = yield* client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, { ...request, status: { ...request.status, certificate } });
    return result.ok ? undefined : failure(`error updating signature for csr: ${failureOf(result)?.message ?? ''}`);
  }

  private certificate({ spec, metadata }: SigningRequest, { commonName, organizations }: CertificateRequest): string {
    const now = Math.floor(this.context.clock.now / 1_000_000);
    const seconds = spec.expirationSeconds === undefined ? DURATION : Math.min(DURATION, Math.max(DURATION_MIN, spec.expirationSeconds));
    const lines = [`subject: O=${organizations.join('+')},CN=${commonName}`, `serial: ${metadata.uid}`, `notBefore: ${formatSeconds(now - BACKDATE)}`, `notAfter: ${formatSeconds(now + seconds - BACKDATE)}`];
    const block = base64(utf8Bytes(`simulated certificate\n${lines.join('\n')}\n`)).replace(/(.{64})/g, '$1\n');
    return base64(utf8Bytes(`-----BEGIN CERTIFICATE-----\n${block}\n-----END CERTIFICATE-----\n`));
  }
}
