/**
 * What a resolver library does with `resolv.conf`: which names it asks for, in which order.
 *
 * A name with fewer dots than `ndots` is tried with every search domain first and as it is last; with enough dots it is
 * tried as it is first. A final dot means the name as it is, and nothing else.
 * Source: resolv.conf(5), glibc res_search; pkg/kubelet/network/dns/dns.go for a pod's file.
 */
export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  /** Default 1 (libc); kubelet writes 5. */
  readonly ndots: number;
}

/** Reads the text of a resolv.conf. Later `search` and `options` lines win, as in libc. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let searches: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver' && rest[0] !== undefined) nameservers.push(rest[0]);
    else if (word === 'search' || word === 'domain') searches = rest;
    else if (word === 'options') {
      for (const option of rest) if (option.startsWith('ndots:')) ndots = Number(option.slice('ndots:'.length));
    }
  }
  return { nameservers, searches, ndots };
}

/** The names to ask for, in order, without final dots. The first that has an answer counts. */
export function searchNames(name: string, conf: Pick<ResolvConf, 'searches' | 'ndots'>): readonly string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const dots = name.split('.').length - 1;
  const searched = conf.searches.map((domain) => `${name}.${domain.replace(/\.$/, '')}`);
  return dots >= conf.ndots ? [name, ...searched] : [...searched, name];
}
