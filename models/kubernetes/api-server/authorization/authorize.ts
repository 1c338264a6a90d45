/**
 * May this user do this? `AlwaysAllow` says yes (a server without flags), `RBAC` asks the roles.
 * Source: apiserver/pkg/endpoints/filters/authorization.go, endpoints/handlers/responsewriters/errors.go.
 */
import type { ApiRequest, UserInfo } from '../../api/message.ts';
import type { Task } from '../../client/process.ts';
import { forbidden, type Status } from '../status/status.ts';
import type { Services } from '../handlers/services.ts';
import { rbacAllows, rbacAllowsPath, type Action } from './rbac.ts';

/** A refusal (403), or undefined. */
export function* authorize(services: Services, request: ApiRequest): Task<Status | undefined> {
  if (services.options.authorization !== 'RBAC') return undefined;
  const action = actionOf(request);
  return rbacAllows(services.storage, request.user, action) ? undefined : refusal(request.user.name, action);
}

/** Whether the server's authorization allows something. */
export function isAllowed(services: Services, user: UserInfo, question: Action & { readonly path?: string }): boolean {
  if (services.options.authorization !== 'RBAC') return true;
  return question.path === undefined ? rbacAllows(services.storage, user, question) : rbacAllowsPath(services.storage, user, question.path, question.verb);
}

/** What a request wants to do, in the terms of RBAC. */
export function actionOf({ verb, group, resource, subresource, namespace, name }: ApiRequest): Action {
  return { verb: verb === 'connect' ? 'get' : verb, group, resource, subresource: subresource ?? '', namespace: namespace ?? '', name: name ?? '' };
}

/** The sentence that upstream prints. */
export function refusal(user: string, { verb, group, resource, subresource, namespace, name }: Action): Status {
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const text = `User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
  return forbidden({ group, resource }, name, text);
}
