/**
 * The options of a request that connects, as admission sees them: PodExecOptions and its kin.
 * Source: pkg/apis/core/v1/conversion.go, apiserver/pkg/endpoints/handlers/rest.go (`ConnectResource`).
 */
import type { ApiRequest } from '../../api/message.ts';
import { isOn } from '../../api/query-flag.ts';
import type { KubeObject } from '../../object/types.ts';

const KINDS: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions', 'pods/attach': 'PodAttachOptions', 'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions', 'services/proxy': 'ServiceProxyOptions', 'nodes/proxy': 'NodeProxyOptions',
};
const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'] as const;

/** The options; undefined for what is no CONNECT. Command and path are in the body, where the facade puts them. */
export function connectOptions({ resource, subresource, query = {}, body }: ApiRequest): KubeObject | undefined {
  const kind = KINDS[`${resource}/${subresource}`];
  if (kind === undefined) return undefined;
  const { command, path } = (body ?? {}) as { command?: readonly string[]; path?: string };
  const isProxy = subresource === 'proxy';
  return {
    kind, apiVersion: 'v1',
    ...Object.fromEntries(FLAGS.filter((flag) => !isProxy && isOn(query[flag])).map((flag) => [flag, true])),
    ...(isProxy || query['container'] === undefined ? {} : { container: query['container'] }),
    ...(command === undefined ? {} : { command }),
    ...(isProxy ? { path: path ?? '' } : {}),
  } as unknown as KubeObject;
}
