/**
 * The approver of certificate signing requests: approves what kubelets ask for themselves, after asking whether they may.
 *
 * Safety: only client certificates of kubelets, only after the API server's authorizer has allowed it, never one that was decided already.
 * Liveness: such a request is approved eventually. Source: pkg/controller/certificates/approver/sarapprove.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CERTIFICATE_SIGNING_REQUESTS, SUBJECT_ACCESS_REVIEWS } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { parseCertificateRequest } from '../../object/certificate-request.ts';
import { certificateLimiter, decided, KUBELET_CLIENT, kubeletClientProblem, type SigningRequest } from './signing-request.ts';

const PERMISSIONS = [
  { subresource: 'selfnodeclient', isSelf: true, message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' },
  { subresource: 'nodeclient', isSelf: false, message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
] as const;

export class CSRApprovingController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly requests: SharedInformer<SigningRequest>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('certificate-controller');
    this.requests = context.factory.informer<SigningRequest>(CERTIFICATE_SIGNING_REQUESTS);
    const sync = (name: string): Task<Err> => this.sync(name);
    this.loop = context.loop({ name: 'certificatesigningrequest-approving-controller', workers: 5, client: this.client, sync, limiter: certificateLimiter() }, [this.requests]);
    const enqueue = ({ metadata }: SigningRequest): void => this.loop.queue.add(metadata.name);
    this.requests.addEventHandler({ add: enqueue, update: (_old, request) => enqueue(request), delete: enqueue });
  }

  private *sync(name: string): Task<Err> {
    const request = this.requests.lister.get(undefined, name);
    if (request === undefined || request.status?.certificate !== undefined || decided(request, 'Approved') || decided(request, 'Denied')) return undefined;
    if (request.spec.signerName !== KUBELET_CLIENT) return undefined;
    const parsed = parseCertificateRequest(request.spec.request);
    if (parsed === undefined) return failure(`unable to parse csr "${name}"`);
    if (kubeletClientProblem(request, parsed) !== undefined) return undefined;
    const tried: string[] = [];
    for (const { subresource, isSelf, message } of PERMISSIONS) {
      if (isSelf && request.spec.username !== parsed.commonName) continue;
      tried.push(subresource);
      const allowed = yield* this.isAllowed(request, subresource);
      if (typeof allowed === 'object') return allowed;
      if (allowed) return yield* this.approve(request, message);
    }
    return failure(`recognized csr "${name}" as [${tried.join(' ')}] but subject access review was not approved`);
  }

  private *isAllowed({ spec }: SigningRequest, subresource: string): Task<boolean | NonNullable<Err>> {
    const { username = '', uid, groups, extra } = spec;
    const resourceAttributes = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' };
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: {}, spec: { user: username, resourceAttributes, ...(uid === undefined ? {} : { uid }), ...(groups === undefined ? {} : { groups }), ...(extra === undefined ? {} : { extra }) } };
    const result = yield* this.client.create<KubeObject>(SUBJECT_ACCESS_REVIEWS, undefined, review);
    return result.ok ? result.object['status']?.allowed === true : (failureOf(result) ?? failure('unknown'));
  }

  private *approve(request: SigningRequest, message: string): Task<Err> {
    const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message, lastUpdateTime: this.context.clock.text };
    const next = { ...request, status: { ...request.status, conditions: [...(request.status?.conditions ?? []), condition] } };
    const result = yield* this.client.update(CERTIFICATE_SIGNING_REQUESTS, next, 'approval');
    return result.ok ? undefined : failure(`error updating approval for csr: ${failureOf(result)?.message ?? ''}`);
  }
}
