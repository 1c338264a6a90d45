import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

const histogramOf = (samples: readonly number[]): LatencyHistogram => {
  const histogram = new LatencyHistogram();
  for (const sample of samples) histogram.add(sample);
  return histogram;
};

describe('latency histogram', () => {
  it('of nothing is zero', () => {
    expect(new LatencyHistogram().percentiles()).toEqual({ count: 0, sum: 0, p50: 0, p90: 0, p99: 0, max: 0 });
  });

  test.prop([fc.array(fc.oneof(fc.nat(100), fc.nat(1_000_000), fc.nat(2 ** 45)), { minLength: 1, maxLength: 200 })])('gives percentiles within a thirty-second above the exact ones', (samples) => {
    const sorted = [...samples].sort((a, b) => a - b);
    const exact = (part: number): number => sorted[Math.ceil(sorted.length * part) - 1] as number;
    const found = histogramOf(samples).percentiles();
    expect(found.count).toBe(samples.length);
    expect(found.max).toBe(sorted.at(-1));
    for (const [value, part] of [[found.p50, 0.5], [found.p90, 0.9], [found.p99, 0.99]] as const) {
      expect(value).toBeGreaterThanOrEqual(exact(part));
      expect(value).toBeLessThanOrEqual(Math.floor(exact(part) * (1 + 1 / 32)) + 1);
    }
  });

  test.prop([fc.array(fc.nat(10_000_000), { maxLength: 100 })])('does not depend on the order of its samples', (samples) => {
    expect(histogramOf([...samples].reverse()).percentiles()).toEqual(histogramOf(samples).percentiles());
  });
});
