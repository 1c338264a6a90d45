import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../object/types.ts';
import { NodeInfo } from '../framework/node-info.ts';
import type { Cycle } from '../framework/plugin.ts';
import { podInfoOf } from '../framework/pod-info.ts';
import { balancedAllocation } from './balanced-allocation.ts';
import { normalizedImageName } from './image-locality.ts';
import { naturalLog } from './natural-log.ts';
import { nodeResourcesFit } from './node-resources-fit.ts';
import { normalizeToMax } from './normalize.ts';
import { normalizeSoftAffinity } from './affinity-score.ts';

const GI = 1024 ** 3;

const row = (
  allocatable: Record<string, string>,
  requested: { cpu?: number; memory?: number; scalars?: [string, number][] },
): NodeInfo => {
  const info = new NodeInfo('n');
  info.setNode({ metadata: { name: 'n' }, spec: {}, status: { allocatable } } as unknown as Node);
  info.requested = {
    milliCpu: requested.cpu ?? 0,
    memory: requested.memory ?? 0,
    ephemeralStorage: 0,
    scalars: new Map(requested.scalars),
  };
  info.nonZeroMilliCpu = requested.cpu ?? 0;
  info.nonZeroMemory = requested.memory ?? 0;
  return info;
};

const pod = (requests: Record<string, string>): Pod =>
  ({
    metadata: { name: 'p', namespace: 'default', uid: 'u' },
    spec: { containers: [{ name: 'c', resources: { requests } }] },
  }) as unknown as Pod;

const scoreOf = (
  plugin: ReturnType<typeof nodeResourcesFit> | ReturnType<typeof balancedAllocation>,
  requests: Record<string, string>,
  node: NodeInfo,
): number => {
  const cycle = { pod: podInfoOf(pod(requests)) } as Cycle;
  const prepared = plugin.preScore?.(cycle, [node]);
  if (prepared?.kind !== 'ok') throw new Error('the plugin scores');
  return plugin.score?.(cycle, node, prepared.own as never) ?? -1;
};

describe('resource scores', () => {
  it('interpolate a capacity shape and drop resources without a score', () => {
    const shape = [
      { utilization: 0, score: 0 },
      { utilization: 70, score: 10 },
      { utilization: 100, score: 2 },
    ];
    const plugin = nodeResourcesFit({
      scoringStrategy: { type: 'RequestedToCapacityRatio', requestedToCapacityRatio: { shape } },
    });
    const capacity = { cpu: '4000m', memory: '8Gi', pods: '10' };
    expect(scoreOf(plugin, { cpu: '0', memory: '0' }, row(capacity, { cpu: 2000, memory: 6 * GI }))).toBe(79);
    expect(scoreOf(plugin, { cpu: '0', memory: '0' }, row(capacity, { cpu: 0, memory: 6 * GI }))).toBe(87);
  });

  it('balance over three resources', () => {
    const resources = ['cpu', 'memory', 'example.com/gpu'].map((name) => ({ name, weight: 1 }));
    const plugin = balancedAllocation({ resources });
    const node = row({ cpu: '4', memory: '16Gi', 'example.com/gpu': '4', pods: '10' }, { cpu: 3000, memory: 6 * GI });
    expect(scoreOf(plugin, { 'example.com/gpu': '1' }, node)).toBe(78);
  });

  it('assume small requests for containers that state none', () => {
    const node = row({ cpu: '2000m', memory: '4Gi', pods: '110' }, { cpu: 300, memory: 600 * 1024 * 1024 });
    expect(scoreOf(nodeResourcesFit(), {}, node)).toBe(80);
    expect(scoreOf(nodeResourcesFit({ scoringStrategy: { type: 'MostAllocated' } }), {}, node)).toBe(19);
  });
});

describe('normalisation', () => {
  const normalized = (raw: number[], normalize: (scores: Float64Array) => void): number[] => {
    const scores = Float64Array.from(raw);
    normalize(scores);
    return [...scores];
  };

  it('scales to the greatest score, or away from it', () => {
    expect(normalized([0, 1, 3], (s) => normalizeToMax(s, 3, true))).toEqual([100, 67, 0]);
    expect(normalized([10, 35, 0, 80], (s) => normalizeToMax(s, 4, false))).toEqual([12, 43, 0, 100]);
    expect(normalized([0, 0], (s) => normalizeToMax(s, 2, true))).toEqual([100, 100]);
  });

  it('stretches affinity scores in doubles', () => {
    expect(normalized([0, 29, 100], (s) => normalizeSoftAffinity(s, 3))).toEqual([0, 28, 100]);
    expect(normalized([-50, -50], (s) => normalizeSoftAffinity(s, 2))).toEqual([0, 0]);
    expect(normalized([7, -3, 0], (s) => normalizeSoftAffinity(s, 3))).toEqual([100, 0, 30]);
  });
});

describe('small parts', () => {
  it('give images without a tag the tag latest', () => {
    expect(normalizedImageName('registry:5000/web')).toBe('registry:5000/web:latest');
    expect(normalizedImageName('web:1')).toBe('web:1');
    expect(normalizedImageName('web@sha256:ab')).toBe('web@sha256:ab');
  });

  it('take logarithms to the last place', () => {
    for (let n = 1; n < 20_000; n += 7) expect(Math.abs(naturalLog(n) - Math.log(n))).toBeLessThan(3e-15);
  });
});
