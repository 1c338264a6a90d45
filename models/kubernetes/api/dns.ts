/**
 * DNS questions and answers, as programs exchange them with the cluster's DNS server.
 *
 * A question travels as the `request` of a UDP connection to port 53; the answer is its `response`. Names are in lower case
 * without the final dot.
 */

export type DnsType = 'A' | 'AAAA' | 'SRV' | 'PTR' | 'CNAME' | 'TXT' | 'SOA' | 'NS';

export interface DnsQuestion {
  readonly name: string;
  readonly type: DnsType;
}

/** One resource record. `data` is the record's text: an address, a name, or `priority weight port target` for SRV. */
export interface DnsRecord {
  readonly name: string;
  readonly type: DnsType;
  readonly ttl: number;
  readonly data: string;
}

export type DnsCode = 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';

/** An answer. NOERROR without answers (with an SOA as authority) means that the name exists but not with this type. */
export interface DnsAnswer {
  readonly code: DnsCode;
  readonly answers: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
}

/** The port of DNS servers. */
export const DNS_PORT = 53;
