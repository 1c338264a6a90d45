import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { defaultJob } from '../defaults/workload.ts';
import { JOB } from './workload.ts';

/** A Job as it is stored: decoded with defaults, then prepared. */
const created = (job: object): KubeObject => JOB.prepareForCreate?.(defaultJob({ apiVersion: 'batch/v1', kind: 'Job', ...job } as KubeObject), {} as never) as KubeObject;
const GENERATED = { 'controller-uid': 'u', 'batch.kubernetes.io/controller-uid': 'u', 'job-name': 'j', 'batch.kubernetes.io/job-name': 'j' };
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [] } };

describe('a Job without labels', () => {
  it('has those of its template, the generated ones among them', () => {
    const { metadata } = created({ metadata: { name: 'j', uid: 'u' }, spec: { template } });
    expect(metadata.labels).toEqual({ app: 'a', ...GENERATED });
  });
  it('has them too when the template has none', () => {
    expect(created({ metadata: { name: 'j', uid: 'u' }, spec: { template: { spec: { containers: [] } } } }).metadata.labels).toEqual(GENERATED);
  });
  it('keeps its own where it has some', () => {
    expect(created({ metadata: { name: 'j', uid: 'u', labels: { own: 'x' } }, spec: { template } }).metadata.labels).toEqual({ own: 'x' });
  });
});
