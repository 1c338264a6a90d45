/**
 * A rolling update under traffic: with readiness and a preStop delay no request is lost; without them requests are.
 *
 * The script plays kubelets and the slice controller, in the order in which the real ones act: a pod that is deleted leaves
 * the slices and is told to stop at the same moment, so what protects its clients is only the time that it goes on
 * serving; a pod without readiness is in the slices before its program listens.
 */
import { describe, expect, it } from 'vitest';
import type { Client } from '../../../models/kubernetes/client/client.ts';
import type { Process, Task } from '../../../models/kubernetes/client/process.ts';
import { ENDPOINT_SLICES, SERVICES } from '../../../models/kubernetes/client/resources.ts';
import type { ProxyMode } from '../../../models/kubernetes/kube-proxy/config.ts';
import { traffic } from '../../../models/kubernetes/network/traffic/generator.ts';
import type { TrafficSummary } from '../../../models/kubernetes/network/traffic/generator.ts';
import { runCluster, SECOND } from './service-cluster.ts';
import type { Net } from './service-cluster.ts';
import { endpointSlice, service } from './service-world.ts';
import type { EndpointSpec } from './service-world.ts';

interface Rollout {
  /** How long a container that is told to stop goes on serving, µs. */
  readonly preStop: number;
  /** A pod gets traffic only once it listens. */
  readonly readiness: boolean;
}

/** How long a new program takes until it listens. */
const START_US = 2 * SECOND;

function* publish(client: Client, endpoints: readonly EndpointSpec[]): Task {
  const body = { endpoints: endpointSlice('web', endpoints).endpoints };
  yield* client.patch(ENDPOINT_SLICES, 'shop', 'web-1', 'application/merge-patch+json', body);
}

/** Replaces each of three pods, one after the other. */
function* rollOut(process: Process, client: Client, net: Net, { preStop, readiness }: Rollout): Task {
  let current: EndpointSpec[] = [1, 2, 3].map((i) => ({ ip: `10.244.${1 + (i % 2)}.${i}`, node: `n${1 + (i % 2)}` }));
  for (const { ip, node } of current) {
    net.address(node, ip);
    net.listen(ip, 8080);
  }
  yield* client.create(
    SERVICES,
    'shop',
    service({ name: 'web', spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, protocol: 'TCP' }] } }),
  );
  yield* client.create(ENDPOINT_SLICES, 'shop', endpointSlice('web', current));
  yield* process.sleep('settle', 30 * SECOND);
  for (const old of [...current]) {
    const fresh = { ip: old.ip.replace(/\.(\d)$/, '.1$1'), node: old.node };
    net.address(fresh.node, fresh.ip);
    if (!readiness) yield* publish(client, (current = [...current, fresh]));
    yield* process.sleep('start', START_US);
    net.listen(fresh.ip, 8080);
    if (readiness) yield* publish(client, (current = [...current, fresh]));
    yield* process.sleep('available', 3 * SECOND);
    current = current.filter((endpoint) => endpoint !== old);
    const stop = function* (): Task {
      if (preStop > 0) yield* process.sleep('preStop', preStop);
      net.listen(old.ip, 8080, false);
    };
    process.go(stop());
    yield* publish(client, current);
    yield* process.sleep('next', 8 * SECOND);
  }
}

function traffics(rollout: Rollout, mode: ProxyMode, keepAlive: number): TrafficSummary {
  let read: (() => TrafficSummary) | undefined;
  const generator = traffic(
    {
      name: 'user',
      node: 'n1',
      fromIp: '10.244.1.200',
      to: '10.96.0.7',
      port: 80,
      rate: 200,
      keepAlive,
      start: 20 * SECOND,
      duration: 60 * SECOND,
    },
    (summary) => (read = summary),
  );
  runCluster((process, client, net) => rollOut(process, client, net, rollout), { mode, more: [generator] });
  return read!();
}

describe.each(['iptables', 'nftables', 'ipvs'] as const)('a rolling update in %s mode', (mode) => {
  it.each([0, 4])('drops no request with readiness and preStop (%i kept connections)', (keepAlive) => {
    const { sent, succeeded, errors } = traffics({ preStop: 5 * SECOND, readiness: true }, mode, keepAlive);
    expect(errors).toEqual({});
    expect(succeeded).toBe(sent);
    expect(sent).toBe(12_000);
  });

  it('drops requests without readiness', () => {
    const { errors } = traffics({ preStop: 5 * SECOND, readiness: false }, mode, 0);
    expect(errors['refused']).toBeGreaterThan(0);
  });

  it('drops requests without preStop', () => {
    const { errors } = traffics({ preStop: 0, readiness: true }, mode, 0);
    expect(Object.keys(errors).length).toBeGreaterThan(0);
  });
});
