import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateIngressStatus, validateServiceStatus } from './load-balancer-status.ts';

const object = (ingress: object[], type = 'LoadBalancer'): KubeObject => ({ metadata: { name: 's' }, spec: { type }, status: { loadBalancer: { ingress } } }) as unknown as KubeObject;
const AT = 'status.loadBalancer.ingress[0]';

describe('the addresses of a load balancer', () => {
  it.each<[string, KubeObject, string[]]>([
    ['is an address', object([{ ip: '1.2.3.4', ipMode: 'VIP' }, { hostname: 'a.b' }]), []],
    ['is none', object([{ ip: 'x', ipMode: 'VIP' }]), [`${AT}.ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`]],
    ['has no mode', object([{ ip: '1.2.3.4' }]), [`${AT}.ipMode: Required value: must be specified when \`ip\` is set`]],
    ['has a mode that is none', object([{ ip: '1.2.3.4', ipMode: 'x' }]), [`${AT}.ipMode: Unsupported value: "x": supported values: "Proxy", "VIP"`]],
    ['has a mode and no address', object([{ hostname: 'a.b', ipMode: 'VIP' }]), [`${AT}.ipMode: Forbidden: may not be specified when \`ip\` is not set`]],
    ['has an address for a name', object([{ hostname: '1.2.3.4' }]), [`${AT}.hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address`]],
    ['is of another type', object([{ ip: 'x' }], 'NodePort'), ["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]],
    ['has none and is of another type', object([], 'ClusterIP'), []],
  ])('of a Service that %s', (_what, service, expected) => {
    expect(validateServiceStatus(service).map(errorText)).toEqual(expected);
  });

  it('of an Ingress have no mode', () => {
    expect(validateIngressStatus(object([{ ip: '1.2.3.4' }])).map(errorText)).toEqual([]);
    expect(validateIngressStatus(object([{ hostname: 'A' }])).map(errorText)).toEqual([expect.stringMatching(/^status\.loadBalancer\.ingress\[0\]\.hostname: Invalid value: "A": a lowercase RFC 1123 subdomain/)]);
  });
});
