import { describe, expect, it } from 'vitest';
import { formatQuantity } from './quantity.ts';
import { computeQosClass, podRequests } from './resources.ts';
import { tolerates } from './taint.ts';
import type { Pod } from './types.ts';

const container = (cpu: string, memory: string, restartPolicy?: string): object => ({
  name: 'c',
  resources: { requests: { cpu, memory } },
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});

describe('pod requests', () => {
  it('counts sidecars, init containers and overhead', () => {
    const pod = {
      spec: {
        initContainers: [
          container('500m', '1Gi'),
          container('200m', '256Mi', 'Always'),
          container('1000m', '512Mi'),
          container('100m', '128Mi', 'Always'),
        ],
        containers: [container('400m', '512Mi'), container('300m', '256Mi')],
        overhead: { cpu: '50m', memory: '64Mi' },
      },
    } as unknown as Pod;
    const requests = podRequests(pod);
    expect([...requests].map(([name, quantity]) => [name, formatQuantity(quantity)])).toEqual([
      ['cpu', '1250m'],
      ['memory', '1216Mi'],
    ]);
  });

  it('derives the quality-of-service class', () => {
    const pod = (resources: object): Pod => ({ spec: { containers: [{ name: 'c', resources }] } }) as unknown as Pod;
    const both = { cpu: '1', memory: '1Gi' };
    expect(computeQosClass(pod({}))).toBe('BestEffort');
    expect(computeQosClass(pod({ requests: both, limits: both }))).toBe('Guaranteed');
    expect(computeQosClass(pod({ requests: { cpu: '1000m', memory: '1Gi' }, limits: both }))).toBe('Guaranteed');
    expect(computeQosClass(pod({ limits: { cpu: '1' } }))).toBe('Burstable');
  });
});

describe('tolerations', () => {
  it('match by key, operator, value and effect', () => {
    const taint = { key: 'a', value: 'b', effect: 'NoSchedule' };
    expect(tolerates({ operator: 'Exists' }, taint)).toBe(true);
    expect(tolerates({ key: 'a', value: 'b' }, taint)).toBe(true);
    expect(tolerates({ key: 'a', operator: 'Equal' }, taint)).toBe(false);
    expect(tolerates({ key: 'a', operator: 'Exists', effect: 'NoExecute' }, taint)).toBe(false);
  });
});
