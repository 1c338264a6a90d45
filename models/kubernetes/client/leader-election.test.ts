import { describe, expect, it } from 'vitest';
import { Kernel, LOST, PlainNetwork, type Network } from '../../../src/index.ts';
import { Client } from './client.ts';
import { LeaderElector } from './leader-election.ts';
import { processBehavior, type Task } from './process.ts';
import { fakeApiServer, type FakeState } from './testing/fake-api-server.ts';
import { EPOCH, USER } from './testing/harness.ts';

describe('leader election', () => {
  it('hands over after the lease of a crashed leader has stayed unchanged for its duration', () => {
    const log: string[] = [];
    const kernel = new Kernel({ seed: 'leaders', network: new PlainNetwork({ default: { min: 1_000, max: 1_000 } }) });
    const candidate = (id: string) => ({
      id,
      type: 'candidate',
      behavior: processBehavior((process) => {
        const client = new Client(process, { servers: ['server'], user: USER, userAgent: 'test' });
        const elector = new LeaderElector(process, client, { namespace: 'kube-system', name: 'lock', identity: id, epoch: EPOCH });
        process.go(elector.run(() => log.push(`${process.now} ${id}`)));
      }),
    });
    kernel.spawn({ id: 'server', type: 'server', behavior: fakeApiServer() });
    kernel.spawn(candidate('a'));
    kernel.run({ until: 1_000_000 });
    kernel.spawn(candidate('b'));
    kernel.run({ until: 30_000_000 });
    expect(log.map((line) => line.slice(-1))).toEqual(['a']);
    kernel.control({ kind: 'crash', actor: 'a' });
    kernel.run({ until: 60_000_000 });
    expect(log.map((line) => line.slice(-1))).toEqual(['a', 'b']);
    const takenOver = Number(log[1]?.slice(0, -2));
    // The last renewal was at most 2 s before the crash; then the lease, then at most one retry period.
    expect(takenOver).toBeGreaterThan(42_000_000);
    expect(takenOver).toBeLessThan(30_000_000 + 15_000_000 + 4_500_000);
    const server = kernel.state('server') as FakeState;
    expect(server.objects.get('leases')?.get('kube-system/lock')).toMatchObject({ spec: { leaseTransitions: 1, holderIdentity: 'b' } });
  });

  /** Found by `kubetwin check`, seed p/594: a leader whose calls hung acted for as long as they did, beside the next one. */
  it('stops at the renew deadline when nothing answers, before another can have taken over', () => {
    const log: string[] = [];
    let isCut = false;
    const plain = new PlainNetwork({ default: { min: 1_000, max: 1_000 } });
    const network: Network = { delay: (from, to, message, routing) => (isCut ? LOST : plain.delay(from, to, message, routing)) };
    const kernel = new Kernel({ seed: 'cut', network });
    const behavior = processBehavior((process) => {
      const client = new Client(process, { servers: ['server'], user: USER, userAgent: 'test' });
      const elector = new LeaderElector(process, client, { namespace: 'kube-system', name: 'lock', identity: 'a', epoch: EPOCH });
      function* lead(): Task {
        yield* elector.run(() => log.push(`${process.now} leads`));
        log.push(`${process.now} stops`);
      }
      process.go(lead());
    });
    kernel.spawn({ id: 'server', type: 'server', behavior: fakeApiServer() });
    kernel.spawn({ id: 'a', type: 'candidate', behavior });
    kernel.run({ until: 10_000_000 });
    isCut = true;
    kernel.run({ until: 60_000_000 });
    expect(log.map((line) => line.split(' ')[1])).toEqual(['leads', 'stops']);
    // The last renewal was at most 2 s before the cut.
    const stopped = Number(log[1]?.split(' ')[0]);
    expect(stopped).toBeGreaterThan(18_000_000);
    expect(stopped).toBeLessThanOrEqual(22_100_000);
  });
});
