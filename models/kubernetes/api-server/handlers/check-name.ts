/** The name in an object and the name in the URL must be one. Source: apiserver/pkg/endpoints/handlers/rest.go (`checkName`). */
import type { KubeObject } from '../../object/types.ts';
import { badRequest, type Status } from '../status/status.ts';
import type { Call } from './request.ts';

export function checkName({ request, info }: Call, object: KubeObject): Status | undefined {
  const { name = '', namespace = '' } = object.metadata as Partial<KubeObject['metadata']>;
  if (name === '') return badRequest(`the name of the object (${request.name} based on URL) was undeterminable: name must be provided`);
  if (name !== request.name) return badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`);
  if (info.namespaced && namespace !== '' && namespace !== request.namespace) {
    return badRequest(`the namespace of the object (${namespace}) does not match the namespace on the request (${request.namespace})`);
  }
  return undefined;
}
