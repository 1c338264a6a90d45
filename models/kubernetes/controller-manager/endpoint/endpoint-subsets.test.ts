import { describe, expect, it } from 'vitest';
import type { core } from '../../object/types.ts';
import { packSubsets, type EndpointEntry } from './endpoint-subsets.ts';

const A8080 = { name: 'a', port: 8080, protocol: 'TCP' };
const A9090 = { name: 'a', port: 9090, protocol: 'TCP' };
const B = { name: 'b', port: 8081, protocol: 'UDP' };
const entries = (ip: string, ports: readonly core.EndpointPort[], isReady = true): EndpointEntry[] =>
  (ports.length === 0 ? [[]] : ports.map((port) => [port])).map((some) => ({ address: { ip, targetRef: { kind: 'Pod', name: ip, uid: ip } }, ports: some, isReady }));

const shape = (subsets: readonly core.EndpointSubset[]): string[] => {
  const ips = (list: readonly core.EndpointAddress[] = []): string => list.map(({ ip }) => ip).join();
  return subsets.map(({ addresses, notReadyAddresses, ports = [] }) => `${ips(addresses)}|${ips(notReadyAddresses)}|${ports.map(({ port }) => port).sort().join()}`).sort();
};

describe('the subsets of Endpoints', () => {
  it.each<[string, EndpointEntry[], string[]]>([
    ['join ports that the same addresses offer', [...entries('1', [A8080, B]), ...entries('2', [A8080, B])], ['1,2||8080,8081']],
    [
      'keep a port that all offer apart from what only some do',
      [...entries('1', [A8080, B]), ...entries('2', [A9090, B]), ...entries('3', [B])],
      ['1,2,3||8081', '1||8080', '2||9090'],
    ],
    ['have addresses that are ready and not ready side by side', [...entries('1', [A8080]), ...entries('2', [A8080], false)], ['1|2|8080']],
    ['know addresses without ports', [...entries('2', []), ...entries('1', [])], ['1,2||']],
    ['call an address not ready that is not ready once', [...entries('1', [B]), ...entries('1', [B], false)], ['|1|8081']],
  ])('%s', (_what, given, expected) => {
    expect(shape(packSubsets(given))).toEqual(expected);
    expect(packSubsets([...given].reverse())).toEqual(packSubsets(given));
  });
});
