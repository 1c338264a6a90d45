/**
 * Which Services a pod's change concerns, and which pods count as endpoints.
 *
 * Source: staging/src/k8s.io/endpointslice/util/controller_utils.go.
 */
import type { Lister } from '../../client/store.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import { selectorFromSet, selectorMatches } from '../../object/selector.ts';
import type { core, Pod, Service } from '../../object/types.ts';
import { isPodReady, isPodTerminal } from '../pod/pod-state.ts';

/** Whether a pod can be an endpoint; terminating ones only where they are kept listed. */
export function shouldPodBeInEndpoints(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod)) return false;
  if (!pod.status?.podIP && (pod.status?.podIPs ?? []).length === 0) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** Whether the endpoint carries the pod's hostname. */
export function shouldSetHostname(pod: Pod, service: Service): boolean {
  return Boolean(pod.spec.hostname) && pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace;
}

/** The keys of the Services that select this pod. */
export function podServiceMemberships(services: Lister<Service>, pod: Pod): string[] {
  const keys: string[] = [];
  for (const service of services.list(pod.metadata.namespace)) {
    const { selector, type } = service.spec;
    if (selector === undefined || type === 'ExternalName') continue;
    if (Object.keys(selector).length > 0 && !selectorMatches(selectorFromSet(selector), pod.metadata.labels)) continue;
    keys.push(`${pod.metadata.namespace ?? ''}/${service.metadata.name}`);
  }
  return keys;
}

/** The keys of the Services that have to be synced after this change of a pod. */
export function servicesToUpdateOnPodChange(services: Lister<Service>, old: Pod, pod: Pod): readonly string[] {
  if (old.metadata.resourceVersion === pod.metadata.resourceVersion) return [];
  const hasChanged = podEndpointsChanged(old, pod);
  const isRelabelled =
    !semanticEqual(old.metadata.labels, pod.metadata.labels) || old.spec.hostname !== pod.spec.hostname || old.spec.subdomain !== pod.spec.subdomain;
  if (!hasChanged && !isRelabelled) return [];
  const keys = podServiceMemberships(services, pod);
  if (!isRelabelled) return keys;
  const oldKeys = podServiceMemberships(services, old);
  if (hasChanged) return [...new Set([...keys, ...oldKeys])];
  return [...keys.filter((key) => !oldKeys.includes(key)), ...oldKeys.filter((key) => !keys.includes(key))];
}

function podEndpointsChanged(old: Pod, pod: Pod): boolean {
  return (
    (old.metadata.deletionTimestamp === undefined) !== (pod.metadata.deletionTimestamp === undefined) ||
    isPodReady(old) !== isPodReady(pod) ||
    isPodTerminal(old) !== isPodTerminal(pod) ||
    !semanticEqual(old.status?.podIPs, pod.status?.podIPs)
  );
}

/** The number of the port that a Service port means on this pod; undefined when the pod has no port of that name. */
export function findPort(pod: Pod, port: core.ServicePort): number | undefined {
  const target = (port.targetPort ?? port.port) as number | string;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  for (const container of pod.spec.containers) {
    for (const candidate of container.ports ?? []) {
      if (candidate.name === target && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return candidate.containerPort;
    }
  }
  return undefined;
}

/** Whether the Service has a cluster IP (`IsServiceIPSet`). */
export const isServiceIPSet = (service: Service): boolean => Boolean(service.spec.clusterIP) && service.spec.clusterIP !== 'None';
