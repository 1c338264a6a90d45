/**
 * Access and identity reviews: kinds that are asked, not stored.
 * Source: pkg/registry/authorization/*, pkg/registry/authentication/{selfsubjectreview,tokenreview}.
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { UserInfo } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';
import { authenticateToken } from '../authentication/service-account-token.ts';
import { decide } from '../authorization/authorize.ts';
import { rulesOf } from '../authorization/rbac.ts';
import type { FieldError } from '../status/field-error.ts';
import { badRequest, invalid, methodNotAllowed } from '../status/status.ts';
import { validateAccessReview, validateLocalAccessReview, validateSelfAccessReview } from '../validation/access-review.ts';
import { decode } from './decode.ts';
import { type Answer, type Call, failed } from './request.ts';
import type { Services } from './services.ts';

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface ReviewSpec {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly namespace?: string;
}

export function* review(services: Services, call: Call): Task<Answer> {
  const { info, request } = call;
  if (request.verb !== 'create') return failed(methodNotAllowed());
  const decoded = decode(call, request.body, 'Warn');
  if (isLeft(decoded)) return failed(decoded.left);
  const { object } = decoded.right;
  const spec = (object['spec'] ?? {}) as ReviewSpec;
  const errors = reviewErrors(info.resource, object, request.namespace ?? '');
  if (errors.length > 0) return failed(invalid({ group: info.group, kind: '' }, '', errors));
  const body = (status: unknown): Answer => ({ code: 201, body: { ...object, metadata: { creationTimestamp: null }, spec, status } });
  switch (info.resource) {
    case 'selfsubjectaccessreviews':
      return body(verdict(services, request.user, spec, spec.resourceAttributes?.namespace ?? ''));
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews':
      return body(verdict(services, { name: spec.user ?? '', groups: spec.groups ?? [] }, spec, spec.resourceAttributes?.namespace ?? request.namespace ?? ''));
    case 'selfsubjectrulesreviews':
      return spec.namespace === undefined ? failed(badRequest('no namespace on request')) : body(rules(services, request.user, spec.namespace));
    case 'selfsubjectreviews':
      return { code: 201, body: { ...object, metadata: { creationTimestamp: null }, status: { userInfo: userInfo(request.user) } } };
    default:
      return body(tokenStatus(services, object));
  }
}

/** What is wrong with an access review. The answer names no kind, because upstream's decoder leaves it out of the object. */
function reviewErrors(resource: string, object: KubeObject, namespace: string): readonly FieldError[] {
  switch (resource) {
    case 'selfsubjectaccessreviews':
      return validateSelfAccessReview(object);
    case 'subjectaccessreviews':
      return validateAccessReview(object);
    case 'localsubjectaccessreviews':
      return validateLocalAccessReview(object, namespace);
    default:
      return [];
  }
}

const userInfo = ({ name, groups, uid, extra }: UserInfo): unknown => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups: [...groups],
  ...(extra === undefined ? {} : { extra }),
});

function verdict(services: Services, user: UserInfo, { resourceAttributes, nonResourceAttributes }: ReviewSpec, namespace: string): unknown {
  const { verb = '', group = '', resource = '', subresource = '', name = '' } = resourceAttributes ?? { verb: nonResourceAttributes?.verb };
  const path = resourceAttributes === undefined ? { path: nonResourceAttributes?.path ?? '' } : {};
  const { isAllowed, reason } = decide(services, user, { verb, group, resource, subresource, name, namespace, ...path });
  return { allowed: isAllowed, ...(reason === '' ? {} : { reason }) };
}

function rules(services: Services, user: UserInfo, namespace: string): unknown {
  if (services.options.authorization !== 'RBAC') {
    return {
      incomplete: false,
      nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }],
      resourceRules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    };
  }
  const found = rulesOf(services.storage, user, namespace);
  return {
    incomplete: false,
    nonResourceRules: found.filter((rule) => rule.nonResourceURLs !== undefined),
    resourceRules: found.filter((rule) => rule.resources !== undefined),
  };
}

/** Tokens are those that this server issued (handlers/token.ts); anything else is not authenticated. */
function tokenStatus(services: Services, object: KubeObject): unknown {
  const { token = '', audiences = [] } = (object['spec'] ?? {}) as { token?: string; audiences?: readonly string[] };
  if (token === '') return { user: {} };
  const found = authenticateToken(token, audiences, services);
  return 'user' in found ? { authenticated: true, user: userInfo(found.user), audiences: found.audiences } : { user: {}, error: found.error };
}
