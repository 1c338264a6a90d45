/**
 * Questions that people ask of a run's network: what rules does a node have, and where would a connection go?
 *
 * The answers come from copies of the run's machines, with draws of their own: asking changes nothing of the run. Connections of one
 * question leave their marks (affinity, round robin) for each other, as real ones would.
 */
import { parseIP } from '../object/ip.ts';
import type { Pod, Service } from '../object/types.ts';
import type { DataPlane } from './data-plane.ts';
import type { ConnectOutcome, ConnectRequest } from './data-plane.ts';
import { describeDistribution, describeHops, describeOutcome } from './describe-connection.ts';
import type { Protocol } from '../api/netfilter.ts';

/** Finds objects by name. */
export interface Objects {
  pod(namespace: string, name: string): Pod | undefined;
  service(namespace: string, name: string): Service | undefined;
}

export interface ConnectionQuestion {
  /** `pod/name`, `node/name`, or an address outside of the cluster. */
  readonly from: string;
  /** `service:80`, `service.namespace:http`, `pod/name:8080`, `10.0.0.1:30080` or `[fd00::1]:80`. */
  readonly to: string;
  readonly namespace: string;
  readonly protocol?: Protocol;
  /** How many connections; more than one adds their distribution. Default 1. */
  readonly count?: number;
}

/** An answer, or what is wrong with the question. */
export type Inspection<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const wrong = (problem: string): { readonly ok: false; readonly problem: string } => ({ ok: false, problem });

/** A node's rules of both families, as the tools of its proxy mode list them. */
export function describeNodeRules(plane: DataPlane, node: string): Inspection<readonly string[]> {
  const kernel = plane.kernels.get(node);
  if (kernel === undefined || kernel.rules.size === 0) return wrong(`no kube-proxy has written rules on node ${node}`);
  const lines: string[] = [];
  for (const family of ['IPv4', 'IPv6'] as const) {
    const rules = kernel.rules.get(family);
    if (rules !== undefined) lines.push(`# ${rules.mode}, ${rules.family}`, ...rules.table.listing());
  }
  return { ok: true, value: lines };
}

function sourceOf(
  plane: DataPlane,
  objects: Objects,
  question: ConnectionQuestion,
): Inspection<Pick<ConnectRequest, 'node' | 'fromIP'>> {
  const [kind, name] = question.from.split('/') as [string, string | undefined];
  if (name === undefined) {
    return parseIP(kind) === undefined
      ? wrong(`${kind} is no address; use pod/NAME or node/NAME`)
      : { ok: true, value: { node: '', fromIP: kind } };
  }
  if (kind === 'node') {
    const fromIP = plane.kernels.get(name)?.address('IPv4') ?? plane.kernels.get(name)?.address('IPv6');
    return fromIP === undefined ? wrong(`node ${name} has no address`) : { ok: true, value: { node: name, fromIP } };
  }
  if (kind !== 'pod') return wrong(`connections come from pod/NAME, node/NAME or an address, not from ${question.from}`);
  const pod = objects.pod(question.namespace, name);
  const fromIP = pod?.status?.podIP;
  const node = pod?.spec.nodeName;
  if (fromIP === undefined || node === undefined) return wrong(`pod ${question.namespace}/${name} ${pod === undefined ? 'does not exist' : 'has no address'}`);
  return { ok: true, value: { node, fromIP } };
}

function targetOf(objects: Objects, question: ConnectionQuestion): Inspection<{ toIP: string; port: number }> {
  const colon = question.to.lastIndexOf(':');
  const host = question.to.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, '');
  const portText = question.to.slice(colon + 1);
  if (host === '' || portText === '') return wrong(`${question.to} is not HOST:PORT`);
  const number = Number(portText);
  if (parseIP(host) !== undefined) {
    return Number.isInteger(number)
      ? { ok: true, value: { toIP: host, port: number } }
      : wrong(`${portText} is no port`);
  }
  if (host.startsWith('pod/')) return podTarget(objects, question.namespace, host.slice('pod/'.length), number, portText);
  const [name, namespace = question.namespace] = host.replace(/^(svc|service)\//, '').split('.') as [string, string | undefined];
  const service = objects.service(namespace, name);
  const toIP = service?.spec.clusterIP;
  if (service === undefined) return wrong(`service ${namespace}/${name} does not exist`);
  if (toIP === undefined || parseIP(toIP) === undefined) return wrong(`service ${namespace}/${name} has no cluster IP`);
  const named = service.spec.ports?.find((port) => port.name === portText)?.port;
  const port = named ?? number;
  return Number.isInteger(port)
    ? { ok: true, value: { toIP, port } }
    : wrong(`service ${namespace}/${name} has no port ${portText}`);
}

function podTarget(objects: Objects, namespace: string, name: string, port: number, portText: string): Inspection<{ toIP: string; port: number }> {
  const toIP = objects.pod(namespace, name)?.status?.podIP;
  if (toIP === undefined) return wrong(`pod ${namespace}/${name} has no address`);
  return Number.isInteger(port) ? { ok: true, value: { toIP, port } } : wrong(`${portText} is no port`);
}

/** The connections of a question, made one after the other; the first has its hops. `choose` draws in [0, n). */
export function tryConnections(
  plane: DataPlane,
  objects: Objects,
  question: ConnectionQuestion,
  now: number,
  choose: (n: number) => number,
): Inspection<readonly ConnectOutcome[]> {
  const source = sourceOf(plane, objects, question);
  if (!source.ok) return source;
  const target = targetOf(objects, question);
  if (!target.ok) return target;
  const own = plane.asIf({ now, choose: (_kind, n) => choose(n) });
  const { protocol = 'TCP', count = 1 } = question;
  const request = { ...source.value, ...target.value, protocol };
  return { ok: true, value: Array.from({ length: count }, (_, i) => own.connect({ ...request, trace: i === 0 })) };
}

/** The way of the first connection, hop by hop, and the distribution of all. */
export function describeConnections(outcomes: readonly ConnectOutcome[]): string[] {
  const [first] = outcomes;
  if (first === undefined) return [];
  const lines = [...describeHops(first.hops), describeOutcome(first)];
  if (outcomes.length > 1) lines.push('', `${outcomes.length} connections:`, ...describeDistribution(outcomes));
  return lines;
}
