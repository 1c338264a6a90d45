import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/index.ts';
import type { KubeObject } from '../object/types.ts';
import type { Client } from './client.ts';
import type { Task } from './process.ts';
import { CONFIG_MAPS } from './resources.ts';
import { SharedInformerFactory, type SharedInformer } from './shared-informer.ts';
import { harness, type Harness } from './testing/harness.ts';

const SECOND = 1_000_000;
const configMap = (name: string, data: Record<string, string> = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

/** One informer on config maps whose notifications are written down, and a task beside it. */
function watched(watchList: boolean, script: (client: Client, sleep: (us: number) => Task) => Task): { seen: string[]; harness: Harness; informer: () => SharedInformer } {
  const seen: string[] = [];
  let informer: SharedInformer | undefined;
  const made = harness((process, client) => {
    const factory = new SharedInformerFactory(process, client, { watchList });
    informer = factory.informer(CONFIG_MAPS);
    informer.addEventHandler({
      add: (object, isInitial) => seen.push(`${isInitial ? 'initial' : 'add'} ${object.metadata.name}`),
      update: (old: KubeObject, object) => seen.push(`update ${object.metadata.name} ${old['data'].a}>${object['data'].a}`),
      delete: (object, isUnknown) => seen.push(`delete ${object.metadata.name}${isUnknown ? ' unseen' : ''}`),
    });
    process.go(script(client, (us) => process.sleep('test', us)));
    process.go(function* (): Task {
      yield* process.sleep('test', SECOND);
      factory.start();
      yield* factory.waitForCacheSync();
      seen.push('synced');
    }());
  });
  return { seen, harness: made, informer: () => informer as SharedInformer };
}

function* script(client: Client, sleep: (us: number) => Task): Task {
  yield* client.create(CONFIG_MAPS, 'default', configMap('one', { a: '1' }));
  yield* sleep(2 * SECOND);
  yield* client.create(CONFIG_MAPS, 'default', configMap('two', { a: '1' }));
  yield* client.patch(CONFIG_MAPS, 'default', 'one', 'application/merge-patch+json', { data: { a: '2' } });
  yield* client.delete(CONFIG_MAPS, 'default', 'two');
}

describe('reflector', () => {
  for (const watchList of [false, true]) {
    it(`shows the first state and every change, with watchList ${watchList}`, () => {
      const { seen, harness } = watched(watchList, script);
      harness.run(5 * SECOND);
      expect(seen).toEqual(['initial one', 'synced', 'add two', 'update one 1>2', 'delete two']);
      expect(harness.server().requests.filter((request) => request === 'list configmaps')).toHaveLength(watchList ? 0 : 1);
    });
  }

  it('takes a closed watch up again without a list', () => {
    const { seen, harness } = watched(false, function* (client, sleep): Task {
      yield* sleep(10 * SECOND);
      yield* client.create(CONFIG_MAPS, 'default', configMap('late'));
    });
    harness.run(5 * SECOND);
    harness.input({ kind: 'fake.drop' } as Message);
    harness.run(10 * SECOND);
    expect(seen).toEqual(['synced', 'add late']);
    expect(harness.server().requests.filter((request) => request === 'list configmaps')).toHaveLength(1);
    expect(harness.server().requests.filter((request) => request === 'watch configmaps')).toHaveLength(2);
  });

  it('lists again after the server has forgotten its position, and reports what it missed', () => {
    const { seen, harness, informer } = watched(false, script);
    harness.run(2_000_500);
    // The connection to the server is cut while a change and a compaction happen.
    harness.kernel.control({ kind: 'pause', actor: 'process' });
    harness.run(SECOND);
    harness.input({ kind: 'fake.drop' } as Message);
    harness.input({ kind: 'api.request', id: 9, verb: 'delete', group: '', version: 'v1', resource: 'configmaps', namespace: 'default', name: 'one', user: { name: '', groups: [] }, userAgent: '' } as unknown as Message);
    harness.input({ kind: 'fake.compact' } as Message);
    harness.run(SECOND);
    harness.kernel.control({ kind: 'resume', actor: 'process' });
    harness.run(10 * SECOND);
    expect(seen).toContain('delete one unseen');
    expect(informer().indexer.get('default/one')).toBeUndefined();
    expect(harness.server().requests.filter((request) => request === 'list configmaps').length).toBeGreaterThan(1);
  });

  it('begins a watch for the first state anew when it breaks before that is complete, and takes no list for it', () => {
    const { seen, harness } = watched(true, script);
    harness.input({ kind: 'fake.behind' } as Message);
    harness.run(3 * SECOND);
    expect(seen).toEqual([]);
    harness.input({ kind: 'fake.caught-up' } as Message);
    harness.input({ kind: 'fake.drop' } as Message);
    harness.run(SECOND);
    expect(seen).toEqual(['initial one', 'synced']);
    expect(harness.server().requests.filter((request) => request.endsWith(' configmaps') && !request.startsWith('create'))).toEqual(['watch configmaps', 'patch configmaps', 'delete configmaps', 'watch configmaps']);
  });
});
