/** The API as a pod sees it that only has to stop: config maps and secrets are not kept for it (pkg/kubelet/util/manager). */
import type { Task } from '../../client/process.ts';
import { type Data, type Sources, Unregistered } from './plan.ts';

export function unregistered(sources: Sources): Sources {
  return {
    configMap: unregisteredData,
    secret: unregisteredData,
    token: (pod, audience, seconds) => sources.token(pod, audience, seconds),
    claim: (namespace, name) => sources.claim(namespace, name),
  };
}

function* unregisteredData(namespace: string, name: string): Task<Data> {
  return new Unregistered(namespace, name);
}
