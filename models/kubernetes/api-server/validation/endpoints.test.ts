import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateEndpoints, validateEndpointSlice } from './endpoints.ts';

const port = { name: 'http', port: 80, protocol: 'TCP' };
const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

describe('Endpoints', () => {
  it.each<[object, string[]]>([
    [{ ip: '10.1.2.3', nodeName: 'n', hostname: 'h' }, []],
    [{}, [`ip: Invalid value: "": ${IP}`, 'ip: Invalid value: "": must be a valid IP address']],
    [{ ip: '1.2.3', hostname: 'a.b' }, [`ip: Invalid value: "1.2.3": ${IP}`, 'hostname: Invalid value: "a.b": must not contain dots', 'ip: Invalid value: "1.2.3": must be a valid IP address']],
    [{ ip: '127.1.2.3' }, ['ip: Invalid value: "127.1.2.3": may not be in the loopback range (127.0.0.0/8, ::1/128)']],
    [{ ip: '::1' }, ['ip: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)']],
    [{ ip: '::' }, ['ip: Invalid value: "::": may not be unspecified (::)']],
    [{ ip: '169.254.1.1' }, ['ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)']],
    [{ ip: 'febf::1' }, ['ip: Invalid value: "febf::1": may not be in the link-local range (169.254.0.0/16, fe80::/10)']],
    [{ ip: '224.0.0.7' }, ['ip: Invalid value: "224.0.0.7": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']],
    [{ ip: 'ff02::1' }, ['ip: Invalid value: "ff02::1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']],
    [{ ip: '224.0.1.7' }, []],
    [{ ip: '010.1.2.3' }, []],
  ])('with the address %j', (address, expected) => {
    const object = { metadata: { name: 'e' }, subsets: [{ addresses: [address], ports: [port] }] } as unknown as KubeObject;
    expect(validateEndpoints(object).map(errorText)).toEqual(expected.map((text) => `subsets[0].addresses[0].${text}`));
  });

  it('has nodes with names, and ports with protocols', () => {
    const object = { metadata: { name: 'e' }, subsets: [{ addresses: [{ ip: '10.1.2.3', nodeName: 'A' }], ports: [{ ...port, protocol: 'X', appProtocol: '' }] }] } as unknown as KubeObject;
    expect(validateEndpoints(object).map(errorText)).toEqual([
      expect.stringMatching(/^subsets\[0\]\.addresses\[0\]\.nodeName: Invalid value: "A": a lowercase RFC 1123 subdomain/),
      'subsets[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
      'subsets[0].ports[0].appProtocol: Invalid value: "": name part must be non-empty',
      expect.stringMatching(/^subsets\[0\]\.ports\[0\]\.appProtocol: Invalid value: "": name part must consist/),
    ]);
  });
});

describe('an EndpointSlice', () => {
  it.each<[string, string, string[]]>([
    ['IPv4', '10.1.2.3', []],
    ['IPv4', 'x', ['Invalid value: "x": must be a valid IPv4 address', 'Invalid value: "x": must be a valid IP address']],
    ['IPv4', 'fd00::1', ['Invalid value: "fd00::1": must be a valid IPv4 address']],
    ['IPv6', '10.1.2.3', ['Invalid value: "10.1.2.3": must be a valid IPv6 address']],
    ['IPv6', 'fd00::1', []],
    ['FQDN', 'a.example.com.', []],
    ['FQDN', 'a', ['Invalid value: "a": should be a domain with at least two segments separated by dots']],
    ['FQDN', '', ['Required value']],
  ])('of type %s with the address %j', (addressType, address, expected) => {
    const object = { metadata: { name: 's' }, addressType, endpoints: [{ addresses: [address] }], ports: [port] } as unknown as KubeObject;
    expect(validateEndpointSlice(object).map(errorText)).toEqual(expected.map((text) => `endpoints[0].addresses[0]: ${text}`));
  });

  it('stands empty lists and unknown types', () => {
    expect(validateEndpointSlice({ metadata: {}, addressType: 'X', endpoints: null, ports: null } as unknown as KubeObject).map(errorText)).toEqual([
      'addressType: Unsupported value: "X": supported values: "FQDN", "IPv4", "IPv6"',
    ]);
  });
});
