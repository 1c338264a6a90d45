/** Twins of test/e2e/apimachinery/watch.go and chunking.go. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Any, Client, IMAGES } from '../framework/client.ts';

let k: Client;
let namespace = '';
beforeAll(() => {
  k = new Client();
});
beforeEach(() => {
  namespace = k.namespace('watch');
});
const LABEL = 'watch-this-configmap';
const maps = (): string => `/api/v1/namespaces/${namespace}/configmaps`;
const selecting = (...values: string[]): string => `${maps()}?labelSelector=${encodeURIComponent(`${LABEL} in (${values.join(',')})`)}`;
const map = (name: string, label: string): Any => ({ metadata: { name, labels: { [LABEL]: label } } });
const mutate = (name: string, value: string): Any => k.update(`${maps()}/${name}`, (object) => (object.data = { mutation: value }));
const is = (type: string, name: string) => (seen: string, object: Any): boolean => seen === type && object.metadata.name === name;

describe('Watchers', () => {
  it('should observe add, update, and delete watch notifications on configmaps', () => {
    const [a, b, both] = [selecting('multiple-watchers-A'), selecting('multiple-watchers-B'), selecting('multiple-watchers-A', 'multiple-watchers-B')].map((path) => k.watch(path)) as [Any, Any, Any];
    const seen = (type: string, name: string, watches: Any[], others: Any[]): void => {
      for (const watch of watches) watch.until(is(type, name));
      for (const watch of others) expect(watch.rest()).toEqual([]);
    };
    k.post(maps(), map('map-a', 'multiple-watchers-A'));
    seen('ADDED', 'map-a', [a, both], [b]);
    mutate('map-a', '1');
    seen('MODIFIED', 'map-a', [a, both], [b]);
    mutate('map-a', '2');
    seen('MODIFIED', 'map-a', [a, both], [b]);
    k.delete(`${maps()}/map-a`);
    seen('DELETED', 'map-a', [a, both], [b]);
    k.post(maps(), map('map-b', 'multiple-watchers-B'));
    seen('ADDED', 'map-b', [b, both], [a]);
    k.delete(`${maps()}/map-b`);
    seen('DELETED', 'map-b', [b, both], [a]);
  });

  it('should be able to start watching from a specific resource version', () => {
    k.post(maps(), map('from', 'from-resource-version'));
    const first = mutate('from', '1');
    mutate('from', '2');
    k.delete(`${maps()}/from`);
    const watch = k.watch(`${selecting('from-resource-version')}&resourceVersion=${first.metadata.resourceVersion}`);
    expect(watch.until((type) => type !== 'BOOKMARK').data.mutation).toBe('2');
    watch.until(is('DELETED', 'from'));
  });

  it('should be able to restart watching from the last resource version observed by the previous watch', () => {
    const watch = k.watch(selecting('watch-closed-and-restarted'));
    k.post(maps(), map('closed', 'watch-closed-and-restarted'));
    mutate('closed', '1');
    watch.until(is('ADDED', 'closed'));
    const last = watch.until(is('MODIFIED', 'closed'));
    mutate('closed', '2');
    const again = k.watch(`${selecting('watch-closed-and-restarted')}&resourceVersion=${last.metadata.resourceVersion}`);
    k.delete(`${maps()}/closed`);
    expect(again.until(is('MODIFIED', 'closed')).data.mutation).toBe('2');
    again.until(is('DELETED', 'closed'));
  });

  it('should observe an object deletion if it stops meeting the requirements of the selector', () => {
    const watch = k.watch(selecting('label-changed-and-restored'));
    k.post(maps(), map('changing', 'label-changed-and-restored'));
    mutate('changing', '1');
    k.update(`${maps()}/changing`, ({ metadata }) => (metadata.labels[LABEL] = 'wrong-value'));
    watch.until(is('ADDED', 'changing'));
    watch.until(is('MODIFIED', 'changing'));
    expect(watch.until(is('DELETED', 'changing')).data.mutation).toBe('1');
    mutate('changing', '2');
    k.sleep(10);
    expect(watch.rest()).toEqual([]);
    k.update(`${maps()}/changing`, ({ metadata }) => (metadata.labels[LABEL] = 'label-changed-and-restored'));
    mutate('changing', '3');
    k.delete(`${maps()}/changing`);
    watch.until(is('ADDED', 'changing'));
    expect(watch.until(is('MODIFIED', 'changing')).data.mutation).toBe('3');
    watch.until(is('DELETED', 'changing'));
  });

  it('should receive events on concurrent watches in same order', () => {
    const watches = [k.watch(`${maps()}?resourceVersion=${k.get(maps()).metadata.resourceVersion}`)];
    for (let step = 0; step < 60; step++) {
      const name = `order-${step % 5}`;
      if (k.maybe(`${maps()}/${name}`) === undefined) k.post(maps(), map(name, 'order'));
      else if (step % 3 === 0) k.delete(`${maps()}/${name}`);
      else mutate(name, String(step));
      const [first] = watches as [Any];
      k.sleep(0.05);
      watches.push(k.watch(`${maps()}?resourceVersion=${first.events.at(-1).object.metadata.resourceVersion}`));
    }
    k.sleep(1);
    const versions = watches.map(({ events }) => events.map(({ object }) => object.metadata.resourceVersion));
    const all = versions[0] as string[];
    expect(all.length).toBeGreaterThanOrEqual(60);
    for (const some of versions) expect(some).toEqual(all.slice(all.length - some.length));
  });
});

describe('Servers with support for API chunking', () => {
  const templates = (): string => `/api/v1/namespaces/${namespace}/podtemplates`;
  const fill = (): void => {
    for (let index = 0; index < 400; index++) k.post(templates(), { metadata: { name: `template-${String(index).padStart(4, '0')}` }, template: { spec: { containers: [{ name: 'test', image: IMAGES.pause }] } } });
  };

  it('should return chunks of results for list calls', () => {
    fill();
    let token = '';
    let revision = '';
    let found = 0;
    do {
      const limit = 1 + (found % 37);
      const page = k.get(`${templates()}?limit=${limit}&continue=${token}`);
      expect(page.items.length).toBeLessThanOrEqual(limit);
      revision ||= page.metadata.resourceVersion;
      expect(page.metadata.resourceVersion).toBe(revision);
      for (const { metadata } of page.items) expect(metadata.name).toBe(`template-${String(found++).padStart(4, '0')}`);
      token = page.metadata.continue ?? '';
      if (found < 400) expect(page.metadata.remainingItemCount).toBe(400 - found);
      else expect(page.metadata).not.toHaveProperty('remainingItemCount');
    } while (token !== '');
    expect(found).toBe(400);
    expect(k.get(templates()).items).toHaveLength(400);
  });

  it('should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow]', () => {
    fill();
    const limit = 40;
    const first = k.get(`${templates()}?limit=${limit}`);
    expect(first.items).toHaveLength(limit);
    expect(first.metadata.remainingItemCount).toBe(360);
    let inconsistent = '';
    k.poll(() => {
      const { code, body } = k.request('GET', `${templates()}?limit=${limit}&continue=${first.metadata.continue}`);
      if (code === 200) return false;
      expect(code).toBe(410);
      expect(body.reason).toBe('Expired');
      inconsistent = body.metadata.continue;
      return true;
    }, 1260, 20);
    expect(inconsistent).not.toBe('');
    const second = k.get(`${templates()}?limit=${limit}&continue=${inconsistent}`);
    expect(second.items).toHaveLength(limit);
    expect(second.metadata.remainingItemCount).toBe(320);
    expect(second.items[0].metadata.name).toBe('template-0040');
    let token = second.metadata.continue;
    let found = 80;
    while (token) {
      const page = k.get(`${templates()}?limit=${limit}&continue=${token}`);
      expect(page.metadata.resourceVersion).toBe(second.metadata.resourceVersion);
      for (const { metadata } of page.items) expect(metadata.name).toBe(`template-${String(found++).padStart(4, '0')}`);
      token = page.metadata.continue;
    }
    expect(found).toBe(400);
  });
});
