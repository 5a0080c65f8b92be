import { describe, expect, it } from 'vitest';
import { allowedBy, isPublicAddress, parseSubnets } from '../../../src/lib/webhooks/address-policy.ts';

const publicOnes = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '191.255.255.255',
  '192.0.1.0',
  '192.0.3.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2001:db7:ffff::1',
  '2001:db9::1',
  '2003::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '3fff:1000::1',
];

const refusedOnes: [ip: string, what: string][] = [
  ['0.0.0.0', 'unspecified'],
  ['0.255.255.255', 'this network'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.0', 'carrier-grade NAT'],
  ['100.127.255.255', 'carrier-grade NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.255', 'loopback'],
  ['169.254.0.0', 'link-local'],
  ['169.254.169.254', 'cloud metadata'],
  ['172.16.0.0', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.0', 'IETF protocol assignments'],
  ['192.0.0.255', 'IETF protocol assignments'],
  ['192.0.2.1', 'documentation'],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.0.0', 'private'],
  ['192.168.255.255', 'private'],
  ['198.18.0.0', 'benchmarking'],
  ['198.19.255.255', 'benchmarking'],
  ['198.51.100.1', 'documentation'],
  ['203.0.113.1', 'documentation'],
  ['224.0.0.0', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['240.0.0.0', 'class E'],
  ['255.255.255.254', 'class E'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'IPv4-compatible'],
  ['::8.8.8.8', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped'],
  ['::ffff:8.8.8.8', 'IPv4-mapped'],
  ['::ffff:7f00:1', 'IPv4-mapped, in hex'],
  ['0:0:0:0:0:ffff:0a00:0001', 'IPv4-mapped, long'],
  ['::ffff:0:127.0.0.1', 'IPv4-translated'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b::8.8.8.8', 'NAT64'],
  ['64:ff9b:1::1', 'local NAT64'],
  ['64:ff9b:1:ffff:ffff:ffff:ffff:ffff', 'local NAT64'],
  ['100::1', 'discard-only'],
  ['100:0:0:1::1', 'dummy prefix'],
  ['200::1', 'unassigned'],
  ['1fff::1', 'unassigned'],
  ['2001::1', 'Teredo'],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'Teredo'],
  ['2001:2::1', 'benchmarking'],
  ['2001:10::1', 'ORCHID'],
  ['2001:2f:ffff::1', 'ORCHIDv2'],
  ['2001:1ff::1', 'IETF protocol assignments'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4'],
  ['2002:808:808::1', '6to4'],
  ['3fff::1', 'documentation'],
  ['3fff:fff:ffff::1', 'documentation'],
  ['4000::1', 'unassigned'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', 'unique local, cloud metadata'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['2606:4700::1%eth0', 'public with a zone'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'deprecated site-local'],
  ['ff02::1', 'multicast'],
  ['', 'nothing'],
  ['example.com', 'a name'],
  ['8.8.8', 'three parts'],
  ['134744072', 'a number'],
  ['0x8.8.8.8', 'hex'],
  ['010.8.8.8', 'octal'],
  ['8.8.8.8:443', 'an address with a port'],
  ['[2606:4700::1]', 'brackets'],
  [' 8.8.8.8', 'a space'],
];

describe('public addresses', () => {
  it.each(publicOnes)('%s is public', (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  });

  it.each(refusedOnes)('%s is refused (%s)', (ip) => {
    expect(isPublicAddress(ip)).toBe(false);
  });
});

describe('allowed subnets', () => {
  const subnets = parseSubnets('127.0.0.0/8, 10.1.2.3/32,fd00::/8');

  it.each(['127.0.0.1', '127.255.255.255', '10.1.2.3', 'fd12::1'])('hold %s', (ip) => {
    expect(allowedBy(ip, subnets)).toBe(true);
  });

  it.each(['128.0.0.1', '10.1.2.4', 'fe00::1', '::ffff:127.0.0.1', '::127.0.0.1', '127.1', 'localhost', ''])(
    'do not hold %s',
    (ip) => {
      expect(allowedBy(ip, subnets)).toBe(false);
    },
  );

  it('hold nothing when there are none', () => {
    expect(allowedBy('127.0.0.1', parseSubnets(''))).toBe(false);
    expect(parseSubnets(' , ')).toEqual([]);
  });

  it('may hold everything of one family', () => {
    const everything = parseSubnets('0.0.0.0/0');
    expect(allowedBy('255.255.255.255', everything)).toBe(true);
    expect(allowedBy('::1', everything)).toBe(false);
  });

  it.each([
    '10.0.0.0',
    '10/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '010.0.0.0/8',
    '::1/129',
    'fe80::1%eth0/64',
    'localhost/8',
    '/8',
  ])('refuse the entry %s and name it', (entry) => {
    expect(() => parseSubnets(`127.0.0.0/8,${entry}`)).toThrow(`"${entry}"`);
  });
});
