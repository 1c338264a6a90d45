/** Twins of test/e2e/instrumentation/{core_events,events}.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, STRATEGIC_PATCH } from '../framework/client.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('events');
});

describe('Events', () => {
  const events = (): string => `/api/v1/namespaces/${namespace}/events`;
  const event = (name: string, labels: Any): Any => ({ metadata: { name, labels }, message: 'This is a test event', reason: 'Test', type: 'Normal', count: 1, involvedObject: { namespace }, firstTimestamp: '2025-01-01T00:00:00Z' });

  it('should manage the lifecycle of an event', () => {
    const selector = 'labelSelector=testevent-constant=true';
    k.post(events(), event('event-test', { 'testevent-constant': 'true' }));
    expect(k.get(`/api/v1/events?${selector}`).items.map(({ metadata }: Any) => [metadata.namespace, metadata.name])).toContainEqual([namespace, 'event-test']);
    k.patch(`${events()}/event-test`, STRATEGIC_PATCH, { metadata: { creationTimestamp: null }, message: 'This is a test event - patched', involvedObject: {}, source: {}, firstTimestamp: null, lastTimestamp: null, eventTime: null, reportingComponent: '', reportingInstance: '' });
    expect(k.get(`${events()}/event-test`).message).toBe('This is a test event - patched');
    const updated = k.update(`${events()}/event-test`, (object) => (object.series = { count: 100, lastObservedTime: '2025-01-01T00:00:01.000000Z' }));
    expect(updated.series.count).toBe(100);
    expect(k.get(`${events()}/event-test`).series.count).toBe(100);
    k.delete(`${events()}/event-test`);
    expect(k.get(`/api/v1/events?${selector}`).items.filter(({ metadata }: Any) => metadata.namespace === namespace)).toEqual([]);
  });

  it('should delete a collection of events', () => {
    for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) k.post(events(), event(name, { 'testevent-set': 'true' }));
    const selector = 'labelSelector=testevent-set=true';
    expect(k.get(`${events()}?${selector}`).items).toHaveLength(3);
    k.delete(`${events()}?${selector}`);
    k.poll(() => k.get(`${events()}?${selector}`).items.length === 0, 60, 1);
  });
});

describe('Events API', () => {
  const events = (): string => `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  const event = (name: string, labels: Any): Any => ({
    apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name, namespace, labels }, regarding: { namespace }, eventTime: '2017-09-19T13:49:16.000000Z', note: 'This is a test event', reason: 'Test', action: 'Do', type: 'Normal', reportingController: 'test-controller', reportingInstance: 'test-node',
  });

  it('should ensure that an event can be fetched, patched, deleted, and listed', () => {
    const has = (path: string): boolean => k.get(path).items.some(({ metadata }: Any) => metadata.name === 'event-test' && metadata.namespace === namespace);
    const made = event('event-test', { 'testevent-constant': 'true' });
    k.post(events(), made);
    expect(has('/apis/events.k8s.io/v1/events')).toBe(true);
    const byFields = (path: string): string => `${path}?fieldSelector=${encodeURIComponent('reportingController=test-controller')}`;
    expect(has(byFields('/apis/events.k8s.io/v1/events'))).toBe(true);
    expect(has(events())).toBe(true);
    const got = k.get(`${events()}/event-test`);
    expect({ ...got, metadata: { name: got.metadata.name, namespace: got.metadata.namespace, labels: got.metadata.labels } }).toMatchObject(made);
    expect(Object.keys(got).filter((key) => key.startsWith('deprecated') && key !== 'deprecatedSource' && key !== 'deprecatedFirstTimestamp' && key !== 'deprecatedLastTimestamp')).toEqual([]);
    const series = (count: number): Any => ({ count, lastObservedTime: '2014-09-19T13:49:16.000000Z' });
    k.patch(`${events()}/event-test`, STRATEGIC_PATCH, { series: series(2) });
    expect(k.get(`${events()}/event-test`).series).toEqual(series(2));
    k.update(`${events()}/event-test`, (object) => (object.series = series(100)));
    expect(k.get(`${events()}/event-test`).series).toEqual(series(100));
    k.delete(`${events()}/event-test`);
    expect(has('/apis/events.k8s.io/v1/events')).toBe(false);
    expect(has(events())).toBe(false);
  });

  it('should delete a collection of events', () => {
    for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) k.post(events(), event(name, { 'testevent-set': 'true' }));
    const selector = 'labelSelector=testevent-set=true';
    expect(k.get(`${events()}?${selector}`).items).toHaveLength(3);
    k.delete(`${events()}?${selector}`);
    expect(k.get(`${events()}?${selector}`).items).toEqual([]);
  });
});
