/** Environment of a container: service links, envFrom, env with `$(VAR)` expansion (kubelet_pods.go, makeEnvironmentVariables). */
import type { core, Pod, Service } from '../../object/types.ts';
import { parseQuantity, quantityMilliValue, quantityOf, quantityValue } from '../../object/quantity.ts';
import { isRight } from 'fp-ts/lib/Either.js';

export interface EnvironmentInputs {
  readonly services: readonly Service[];
  readonly configMap: (name: string) => Readonly<Record<string, string>> | undefined;
  readonly secret: (name: string) => Readonly<Record<string, string>> | undefined;
  readonly podIps: readonly string[];
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  readonly allocatable: Readonly<Record<string, string>>;
}

export type Environment = readonly { readonly key: string; readonly value: string }[];

/** The variables, or the text of a CreateContainerConfigError. */
export function makeEnvironment(pod: Pod, container: core.Container, inputs: EnvironmentInputs): Environment | string {
  const result = new Map<string, string>();
  const services = serviceEnvironment(pod, inputs.services);
  for (const from of container.envFrom ?? []) {
    const problem = addFrom(from, inputs, result);
    if (problem !== undefined) return problem;
  }
  const expanded = new Map<string, string>();
  for (const variable of container.env ?? []) {
    const value = valueOf(pod, container, variable, inputs, (name) => expanded.get(name) ?? result.get(name) ?? services.get(name));
    if (typeof value === 'object') return value.problem;
    if (value === undefined) continue;
    expanded.set(variable.name, value);
    result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return [...result].map(([key, value]) => ({ key, value }));
}

function addFrom(from: core.EnvFromSource, inputs: EnvironmentInputs, result: Map<string, string>): string | undefined {
  const prefix = from.prefix ?? '';
  const ref = from.configMapRef ?? from.secretRef;
  if (ref?.name === undefined) return undefined;
  const data = from.configMapRef === undefined ? inputs.secret(ref.name) : inputs.configMap(ref.name);
  if (data === undefined) {
    if (ref.optional === true) return undefined;
    return `${from.configMapRef === undefined ? 'secret' : 'configmap'} "${ref.name}" not found`;
  }
  for (const key of Object.keys(data).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
    const name = prefix + key;
    if (/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(name)) result.set(name, data[key] ?? '');
  }
  return undefined;
}

function valueOf(
  pod: Pod,
  container: core.Container,
  variable: core.EnvVar,
  inputs: EnvironmentInputs,
  lookup: (name: string) => string | undefined,
): string | undefined | { readonly problem: string } {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? '', lookup);
  if (from.fieldRef !== undefined) return fieldValue(pod, from.fieldRef.fieldPath, inputs);
  if (from.resourceFieldRef !== undefined) return resourceValue(pod, container, from.resourceFieldRef, inputs.allocatable);
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (ref === undefined) return '';
  const isSecret = from.configMapKeyRef === undefined;
  const data = isSecret ? inputs.secret(ref.name ?? '') : inputs.configMap(ref.name ?? '');
  if (data === undefined) {
    if (ref.optional === true) return undefined;
    return { problem: `${isSecret ? 'secret' : 'configmap'} "${ref.name ?? ''}" not found` };
  }
  const value = data[ref.key];
  if (value !== undefined) return value;
  if (ref.optional === true) return undefined;
  const where = `${pod.metadata.namespace ?? ''}/${ref.name ?? ''}`;
  return { problem: `couldn't find key ${ref.key} in ${isSecret ? 'Secret' : 'ConfigMap'} ${where}` };
}

/** `$(VAR)` with `$$` as escape (third_party/forked/golang/expansion). Unknown references stay as they are. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return lookup(name) ?? match;
  });
}

/** The downward API's fields (fieldpath.ExtractFieldPathAsString and podFieldSelectorRuntimeValue). */
export function fieldValue(pod: Pod, path: string, inputs: Pick<EnvironmentInputs, 'podIps' | 'nodeName' | 'hostIps'>): string {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? inputs.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return inputs.hostIps[0] ?? '';
    case 'status.hostIPs':
      return inputs.hostIps.join(',');
    case 'status.podIP':
      return inputs.podIps[0] ?? '';
    case 'status.podIPs':
      return inputs.podIps.join(',');
    default:
      return '';
  }
}

/** `key="value"` lines in order of the keys. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return keys.map((key) => `${key}="${(map?.[key] ?? '').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`).join('\n');
}

/** requests.cpu and so on, divided by the divisor and rounded up; limits default to the node's allocatable. */
export function resourceValue(pod: Pod, container: core.Container, selector: core.ResourceFieldSelector, allocatable: Readonly<Record<string, string>>): string {
  const target = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === selector.containerName) ?? container;
  const [kind = '', ...rest] = selector.resource.split('.');
  const resource = rest.join('.');
  const resources = target.resources as { limits?: Record<string, string>; requests?: Record<string, string> } | undefined;
  const text = kind === 'limits' ? (resources?.limits?.[resource] ?? allocatable[resource]) : (resources?.requests?.[resource] ?? '0');
  const divisor = String(selector.divisor ?? '0');
  const parsed = parseQuantity(text ?? '0');
  const unit = quantityOf(divisor === '0' ? '1' : divisor);
  if (!isRight(parsed)) return '0';
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(parsed.right) / quantityMilliValue(unit)));
  return String(Math.ceil(quantityValue(parsed.right) / quantityValue(unit)));
}

/** Docker-link style variables of the namespace's Services, and `kubernetes` always (pkg/kubelet/envvars). */
function serviceEnvironment(pod: Pod, services: readonly Service[]): Map<string, string> {
  const result = new Map<string, string>();
  const links = pod.spec.enableServiceLinks !== false;
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { clusterIP } = service.spec;
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') continue;
    const isMaster = service.metadata.namespace === 'default' && service.metadata.name === 'kubernetes';
    if (isMaster && !chosen.has('kubernetes')) chosen.set('kubernetes', service);
    else if (service.metadata.namespace === pod.metadata.namespace && links) chosen.set(service.metadata.name, service);
  }
  const names = [...chosen.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  for (const name of names) addService(chosen.get(name) as Service, result);
  return result;
}

function addService(service: Service, result: Map<string, string>): void {
  const prefix = service.metadata.name.toUpperCase().replaceAll('-', '_');
  const ip = service.spec.clusterIP ?? '';
  const ports = service.spec.ports ?? [];
  const first = ports[0];
  result.set(`${prefix}_SERVICE_HOST`, ip);
  result.set(`${prefix}_SERVICE_PORT`, String(first?.port ?? ''));
  for (const port of ports) {
    if (port.name) result.set(`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port));
  }
  for (const [index, port] of ports.entries()) {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${ip.includes(':') ? `[${ip}]` : ip}:${port.port}`;
    if (index === 0) result.set(`${prefix}_PORT`, url);
    const name = `${prefix}_PORT_${port.port}_${protocol}`;
    result.set(name, url);
    result.set(`${name}_PROTO`, protocol.toLowerCase());
    result.set(`${name}_PORT`, String(port.port));
    result.set(`${name}_ADDR`, ip);
  }
}
