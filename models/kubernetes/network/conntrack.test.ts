import { describe, expect, it } from 'vitest';
import { Conntrack } from './conntrack.ts';

const SECOND = 1_000_000;
const flow = { sourceIP: '10.244.1.1', sourcePort: 5353, destinationIP: '10.96.0.10', destinationPort: 53 } as const;
const reply = { replySourceIP: '10.244.2.2', replySourcePort: 53, replyDestinationIP: '10.244.1.1' };

describe('Conntrack', () => {
  it('forgets UDP flows that nobody answered after 30 s, answered ones after 120 s', () => {
    const table = new Conntrack();
    table.add({ ...flow, ...reply, protocol: 'UDP' }, false, 0);
    expect(table.find({ ...flow, protocol: 'UDP' }, 29 * SECOND)?.replySourceIP).toBe('10.244.2.2');
    expect(table.find({ ...flow, protocol: 'UDP' }, 60 * SECOND)).toBeUndefined();
    table.add({ ...flow, ...reply, protocol: 'UDP' }, true, 0);
    expect(table.find({ ...flow, protocol: 'UDP' }, 119 * SECOND)).toBeDefined();
  });

  it('purges UDP flows to endpoints that do not serve, and never TCP', () => {
    const table = new Conntrack();
    table.add({ ...flow, ...reply, protocol: 'UDP' }, false, 0);
    table.add({ ...flow, ...reply, protocol: 'TCP' }, true, 0);
    table.purge([{ ip: '10.96.0.10', port: 53, serving: ['10.244.2.2', '10.244.3.3'] }]);
    expect(table.size).toBe(2);
    table.purge([{ ip: '10.96.0.11', port: 53, serving: ['10.244.3.3'] }]);
    expect(table.size).toBe(2);
    table.purge([{ ip: '10.96.0.10', port: 53, serving: ['10.244.3.3'] }]);
    expect(table.entries().map((entry) => entry.protocol)).toEqual(['TCP']);
  });

  it('purges by node port whatever the address', () => {
    const table = new Conntrack();
    table.add({ ...flow, ...reply, destinationIP: '10.0.0.1', destinationPort: 30053, protocol: 'UDP' }, false, 0);
    table.purge([{ port: 30053, serving: ['10.244.9.9'] }]);
    expect(table.size).toBe(0);
  });
});
