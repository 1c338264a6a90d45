/**
 * May this user do this? `AlwaysAllow` says yes (a server without flags), `RBAC` asks the node authorizer and then the roles,
 * as kubeadm's `Node,RBAC` does.
 * Source: apiserver/pkg/endpoints/filters/authorization.go, endpoints/handlers/responsewriters/errors.go.
 */
import type { ApiRequest, UserInfo } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { forbidden, type Status } from '../status/status.ts';
import type { Services } from '../handlers/services.ts';
import { nodeAllows } from './node.ts';
import { isMaster, rbacDecides, rbacDecidesPath, type Action, type Verdict } from './rbac.ts';

/** A refusal (403), or undefined. */
export function* authorize(services: Services, request: ApiRequest): Task<Status | undefined> {
  if (services.options.authorization !== 'RBAC') return undefined;
  const action = actionOf(request);
  const { isAllowed, reason } = decide(services, request.user, action);
  return isAllowed ? undefined : refusal(request.user.name, action, reason);
}

/** What the server's authorization says to something. */
export function decide({ options, storage }: Services, user: UserInfo, question: Action & { readonly path?: string }): Verdict {
  if (options.authorization !== 'RBAC') return { isAllowed: true, reason: '' };
  if (question.path !== undefined) return rbacDecidesPath(storage, user, question.path, question.verb);
  if (!isMaster(user) && nodeAllows(storage, user, question)) return { isAllowed: true, reason: '' };
  return rbacDecides(storage, user, question);
}

/** What a request wants to do, in the terms of RBAC. */
export function actionOf({ verb, group, resource, subresource, namespace, name }: ApiRequest): Action {
  return { verb: verb === 'connect' ? 'get' : verb, group, resource, subresource: subresource ?? '', namespace: namespace ?? '', name: name ?? '' };
}

/** The sentence that upstream prints. */
export function refusal(user: string, { verb, group, resource, subresource, namespace, name }: Action, reason = ''): Status {
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const text = `User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${reason === '' ? '' : `: ${reason}`}`;
  return forbidden({ group, resource }, name, text);
}
