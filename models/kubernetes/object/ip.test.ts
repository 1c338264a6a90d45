import { describe, expect, it } from 'vitest';
import { canonicalIP, cidrContains, ipFamilyOf, joinHostPort, parseCIDR, parseIP } from './ip.ts';

describe('ip', () => {
  it('reads addresses as Go does', () => {
    expect(parseIP('10.0.0.1')).toEqual([0x0a000001]);
    for (const bad of ['10.0.0', '10.0.0.01', '10.0.0.256', '1.2.3.4.5', '', 'a.b.c.d', '10.0.0.1.', 'fe80::1%eth0']) {
      expect(parseIP(bad), bad).toBeUndefined();
    }
    expect(parseIP('::ffff:10.0.0.1')).toEqual([0x0a000001]);
    expect(parseIP('fd00::1')).toEqual([0xfd000000, 0, 0, 1]);
    expect(ipFamilyOf('fd00::/64')).toBe('IPv6');
    expect(ipFamilyOf('10.0.0.0/8')).toBe('IPv4');
  });

  it('writes the shortest form', () => {
    expect(canonicalIP('fd00:0:0:0:0:0:0:10')).toBe('fd00::10');
    expect(canonicalIP('FD00:10:244:1::5')).toBe('fd00:10:244:1::5');
    expect(joinHostPort('fd00::1', 80)).toBe('[fd00::1]:80');
  });

  it('masks blocks and tests membership', () => {
    const block = parseCIDR('10.1.2.3/8');
    expect(block?.text).toBe('10.0.0.0/8');
    expect(cidrContains(block!, parseIP('10.255.0.1')!)).toBe(true);
    expect(cidrContains(block!, parseIP('11.0.0.1')!)).toBe(false);
    expect(cidrContains(parseCIDR('0.0.0.0/0')!, parseIP('203.0.113.9')!)).toBe(true);
    expect(cidrContains(parseCIDR('fd00:10::/32')!, parseIP('fd00:10:1::1')!)).toBe(true);
    expect(cidrContains(parseCIDR('fd00:10::/32')!, parseIP('fd00:11::1')!)).toBe(false);
    expect(parseCIDR('10.0.0.0/33')).toBeUndefined();
  });
});
