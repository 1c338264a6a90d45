import { describe, expect, it } from 'vitest';
import type { Endpoints, EndpointSlice } from '../../object/types.ts';
import { endpointKey, type Endpoint } from '../endpointslice/slice-packing.ts';
import { groupKey, planMirror, type WantedSlice } from './mirror-plan.ts';

const LABELS = { 'kubernetes.io/service-name': 'x', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' };
const object = (metadata: object = {}): Endpoints => ({ metadata: { name: 'x', namespace: 'd', uid: 'u', ...metadata } }) as unknown as Endpoints;
const endpoint = (ip: string, ready = true): Endpoint => ({ addresses: [ip], conditions: { ready } });
const ports = (port: number) => [{ name: '', port, protocol: 'TCP' }];
const wanted = (port: number, endpoints: Endpoint[], family = 'IPv4'): [string, WantedSlice] => [
  groupKey(family, ports(port)),
  { family, ports: ports(port), endpoints: new Map(endpoints.map((each) => [endpointKey(each), each])) },
];
const slice = (name: string, port: number, endpoints: Endpoint[], metadata: object = {}, addressType = 'IPv4'): EndpointSlice =>
  ({ metadata: { name, generateName: 'x-', labels: LABELS, ...metadata }, addressType, ports: ports(port), endpoints }) as unknown as EndpointSlice;
const names = (slices: readonly EndpointSlice[]): (string | undefined)[] => slices.map(({ metadata }) => metadata.name);

const plan = (of: Endpoints, existing: EndpointSlice[], ...groups: [string, WantedSlice][]) => planMirror(of, existing, new Map(groups), 1000);

describe('slices that mirror Endpoints', () => {
  it('stay as they are when they are right', () => {
    const changes = plan(object(), [slice('a', 80, [endpoint('1.1.1.1')])], wanted(80, [endpoint('1.1.1.1')]));
    expect(changes).toEqual({ create: [], update: [], remove: [] });
  });

  it.each<[string, Endpoints, Endpoint]>([
    ['an address', object(), endpoint('1.1.1.2')],
    ['readiness', object(), endpoint('1.1.1.1', false)],
    ['a label', object({ labels: { a: 'b' } }), endpoint('1.1.1.1')],
    ['an annotation', object({ annotations: { a: 'b' } }), endpoint('1.1.1.1')],
  ])('are rewritten as a whole for %s', (_what, of, next) => {
    const { create, update, remove } = plan(of, [slice('a', 80, [endpoint('1.1.1.1')])], wanted(80, [next]));
    expect([create, remove, names(update)]).toEqual([[], [], ['a']]);
    expect(update[0]).toMatchObject({ endpoints: [next], metadata: { labels: { ...LABELS, ...of.metadata.labels }, annotations: of.metadata.annotations ?? {} } });
    expect(update[0]?.metadata.generateName).toBeUndefined();
  });

  it('do not carry what kubectl and the endpoints controller note', () => {
    const noted = object({ annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': 't', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } });
    expect(plan(noted, [slice('a', 80, [endpoint('1.1.1.1')])], wanted(80, [endpoint('1.1.1.1')])).update).toEqual([]);
  });

  it('keep their names when the ports change', () => {
    const { create, update, remove } = plan(object(), [slice('a', 80, [endpoint('1.1.1.1')])], wanted(81, [endpoint('1.1.1.1')]));
    expect([create, remove, names(update)]).toEqual([[], [], ['a']]);
  });

  it('are not made another family', () => {
    const { create, update, remove } = plan(object(), [slice('a', 80, [endpoint('1.1.1.1')])], wanted(80, [endpoint('fd::1')], 'IPv6'));
    expect([create.length, update, names(remove)]).toEqual([1, [], ['a']]);
  });

  it('are one for each set of ports', () => {
    const both = [slice('a', 80, [endpoint('1.1.1.1')]), slice('b', 80, [endpoint('1.1.1.1')])];
    expect(names(plan(object(), both, wanted(80, [endpoint('1.1.1.1')])).remove)).toEqual(['b']);
  });
});
