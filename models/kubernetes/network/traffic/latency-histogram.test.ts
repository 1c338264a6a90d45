import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.ts';

it('gives quantiles within an eighth', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (latencies, percent) => {
        const histogram = new LatencyHistogram();
        for (const latency of latencies) histogram.add(latency);
        const sorted = latencies.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil((sorted.length * percent) / 100) - 1] as number;
        const given = histogram.quantile(percent);
        expect(given).toBeGreaterThanOrEqual(exact);
        expect(given).toBeLessThanOrEqual(exact * 1.125 + 1);
        expect(histogram.max).toBe(sorted.at(-1));
      },
    ),
  );
});
