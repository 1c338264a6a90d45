/**
 * Law 17 of the kubelet's specification: critical pods are never evicted for pressure, and a round evicts at most one pod for a
 * threshold. Random pods that use memory and disk, on a node where others use them, too.
 */
import fc from 'fast-check';
import { isRight } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { parseQuantity, quantityValue } from '../../../models/kubernetes/object/quantity.ts';
import type { Pod } from '../../../models/kubernetes/object/types.ts';
import { PodCluster, SECOND } from './pod-cluster.ts';

const RUNS = Number(process.env['KUBETWIN_RUNS'] ?? 8);
const MEBIBYTE = 1024 * 1024;
const NODE = 'node-1';
const RUN_SECONDS = 240;
/** eviction_manager.go: podCleanupTimeout. */
const CLEANUP_US = 30 * SECOND;

interface PodPlan {
  readonly isCritical: boolean;
  readonly priority: number;
  readonly requestMebibytes: number;
  /** What it grows by, each second. */
  readonly growth: number;
  readonly diskMebibytes: number;
  readonly grace: number;
}

const podPlan: fc.Arbitrary<PodPlan> = fc.record({
  isCritical: fc.boolean(),
  priority: fc.constantFrom(0, 100, 5000),
  requestMebibytes: fc.constantFrom(0, 64, 1024),
  growth: fc.constantFrom(0, 5, 50),
  diskMebibytes: fc.constantFrom(0, 500, 5000),
  grace: fc.constantFrom(1, 20),
});

const use = fc.record({ at: fc.integer({ min: 5, max: 60 }), memoryPercent: fc.constantFrom(0, 90, 97), diskPercent: fc.constantFrom(0, 80, 95) });

/** The image of a pod tells how its memory grows. */
const imageOf = (index: number): string => `eater-${index}`;

function podOf(planned: PodPlan, index: number): Pod {
  const script = `trap 'sleep 2; exit 0' TERM; ${planned.diskMebibytes === 0 ? '' : `sleep 3; fallocate -l ${planned.diskMebibytes}M /big;`} while true; do sleep 1; done`;
  const container = planned.growth === 0 ? { image: 'busybox:1.36', command: ['sh', '-c', script] } : { image: imageOf(index) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${index}` },
    spec: {
      nodeName: NODE,
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: planned.grace,
      ...(planned.isCritical ? { priorityClassName: 'system-node-critical' } : {}),
      containers: [{ name: 'c', ...container, resources: planned.requestMebibytes === 0 ? {} : { requests: { memory: `${planned.requestMebibytes}Mi` } } }],
      tolerations: [{ operator: 'Exists' }],
    },
  } as unknown as Pod;
}

/** When pods began to stop, and when they had stopped. */
interface Stop {
  readonly pod: string;
  readonly fromUs: number;
  untilUs: number;
}

function judge(pods: readonly PodPlan[], uses: readonly { at: number; memoryPercent: number; diskPercent: number }[], seed: string): { broken: string[]; evicted: number } {
  const images = pods.map(({ growth }, index) => ({ image: imageOf(index), memoryBytes: 20 * MEBIBYTE, memoryGrowthPerSecond: growth * MEBIBYTE }));
  const cluster = new PodCluster({ seed, disable: ['kube-scheduler', 'kube-proxy', 'coredns'], scenario: { images } });
  const { kernel } = cluster.simulation;
  const stops: Stop[] = [];
  cluster.simulation.committed$.subscribe(({ facts, time }) => {
    for (const { kind, data } of facts) {
      if (kind !== 'pod-worker') continue;
      const { pod, phase } = data as { pod: string; phase: string };
      if (phase === 'terminating') stops.push({ pod: pod.replace(/^.*\//, ''), fromUs: time, untilUs: Infinity });
      const stop = stops.find((each) => pod.endsWith(`/${each.pod}`));
      if (phase === 'terminated' && stop !== undefined) stop.untilUs = time;
    }
  });
  const node = cluster.simulation.get('nodes', undefined, NODE) as unknown as { status: { capacity: Record<string, string> } };
  const bytes = (resource: string): number => {
    const quantity = parseQuantity(node.status.capacity[resource] ?? '');
    if (!isRight(quantity)) throw new Error(`the node has no ${resource}`);
    return quantityValue(quantity.right);
  };
  cluster.apply(pods.map(podOf));
  for (const { at, memoryPercent, diskPercent } of uses) {
    const operation = { kind: 'node.operation', operation: 'use', memoryBytes: Math.round((bytes('memory') * memoryPercent) / 100), diskBytes: Math.round((bytes('ephemeral-storage') * diskPercent) / 100) };
    kernel.input(`container-runtime/${NODE}`, operation as never, cluster.simulation.now + at * SECOND);
  }
  cluster.run(RUN_SECONDS);
  const broken: string[] = [];
  const evicted = pods.map((_, index) => cluster.find(`p${index}`)).filter((pod) => pod?.status.reason === 'Evicted');
  for (const pod of evicted) if ((pod?.spec.priority ?? 0) >= 2_000_000_000) broken.push(`critical pod ${pod?.metadata.name} was evicted: ${pod?.status.message}`);
  const forThreshold = evicted.filter((pod) => pod?.status.message?.startsWith('The node was low on resource') === true).map((pod) => pod?.metadata.name);
  const rounds = stops.filter(({ pod }) => forThreshold.includes(pod));
  for (const [index, stop] of rounds.entries()) {
    const before = rounds[index - 1];
    if (before !== undefined && stop.fromUs < Math.min(before.untilUs, before.fromUs + CLEANUP_US)) broken.push(`${stop.pod} was evicted while ${before.pod} still stopped`);
  }
  return { broken, evicted: evicted.length };
}

describe('evictions', () => {
  it('spare critical pods, and take one pod at a time', () => {
    let evictions = 0;
    fc.assert(
      fc.property(fc.array(podPlan, { minLength: 2, maxLength: 5 }), fc.array(use, { minLength: 1, maxLength: 3 }), fc.nat({ max: 1_000_000 }), (pods, uses, seed) => {
        const { broken, evicted } = judge(pods, uses, String(seed));
        evictions += evicted;
        expect(broken).toEqual([]);
      }),
      { numRuns: RUNS, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    );
    // The property says something: pods were evicted at all.
    expect(evictions).toBeGreaterThan(0);
  });
});
