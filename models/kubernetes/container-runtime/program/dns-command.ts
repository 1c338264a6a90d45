/** Commands that ask name servers: dig, getent, nslookup. */
import type { DnsAnswer, DnsQuestion, DnsRecord, DnsType } from '../../api/dns.ts';
import { DNS_PORT } from '../../api/dns.ts';
import type { Json } from '../../../../src/index.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { lookUp, resolverOf } from './address.ts';
import { options, print } from './applet.ts';

/** dig: three attempts of five seconds. */
const DIG_TIMEOUT_US = 15_000_000;
const TYPES: readonly string[] = ['A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'SOA', 'NS'];

interface Dig {
  readonly name: string;
  readonly type: DnsType;
  readonly server: string;
  readonly switches: ReadonlySet<string>;
}

export function* dig(system: System, argv: readonly string[]): Run {
  const asked = parseDig(system, argv.slice(1));
  const { search, ndots } = resolverOf(system);
  const isQualified = asked.name.endsWith('.');
  const plain = asked.name.replace(/\.$/, '');
  const suffixed = asked.switches.has('search') && !isQualified ? search.map((suffix) => `${plain}.${suffix}`) : [];
  const names = plain.split('.').length - 1 >= ndots ? [plain, ...suffixed] : [...suffixed, plain];
  let answer: DnsAnswer | undefined;
  for (const name of names) {
    answer = yield* ask(system, asked, { name, type: asked.type });
    if (answer === undefined) {
      yield* print(system, `;; communications error to ${asked.server}#53: timed out\n;; no servers could be reached\n`);
      return 9;
    }
    if (answer.answers.length > 0) break;
  }
  yield* print(system, answer === undefined ? '' : shown(asked, answer));
  return 0;
}

function parseDig(system: System, words: readonly string[]): Dig {
  const switches = new Set<string>();
  let [name, type, server]: [string, DnsType, string] = ['.', 'A', resolverOf(system).servers[0] ?? '127.0.0.1'];
  for (const [index, word] of words.entries()) {
    if (word.startsWith('+')) switches.add(word.slice(1));
    else if (word.startsWith('@')) server = word.slice(1);
    else if (word === '-x') [name, type] = [reverseName(words[index + 1] ?? ''), 'PTR'];
    else if (TYPES.includes(word.toUpperCase())) type = word.toUpperCase() as DnsType;
    else if (!word.startsWith('-') && words[index - 1] !== '-x' && words[index - 1] !== '-t') name = word;
  }
  return { name, type, server, switches };
}

const reverseName = (ip: string): string => `${ip.split('.').reverse().join('.')}.in-addr.arpa`;

function* ask(system: System, { server, switches }: Dig, question: DnsQuestion): Step<DnsAnswer | undefined> {
  const ip = (yield* lookUp(system, server))?.[0];
  if (ip === undefined) return undefined;
  const isTcp = switches.has('tcp') || switches.has('vc');
  const result = yield* system.exchange(ip, DNS_PORT, question as unknown as Json, { timeoutUs: DIG_TIMEOUT_US, protocol: isTcp ? 'TCP' : 'UDP' });
  return typeof result === 'object' && 'response' in result ? (result.response as unknown as DnsAnswer) : undefined;
}

function shown({ switches, name, type, server }: Dig, { code, answers }: DnsAnswer): string {
  if (switches.has('short')) return answers.map((record) => `${dataOf(record)}\n`).join('');
  const lines = answers.map((record) => `${record.name}.\t${record.ttl}\tIN\t${record.type}\t${dataOf(record)}\n`).join('');
  if (switches.has('noall')) return switches.has('answer') ? lines : '';
  const head = `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${code}\n;; QUERY: 1, ANSWER: ${answers.length}\n\n;; QUESTION SECTION:\n;${name.replace(/\.$/, '')}.\t\tIN\t${type}\n\n`;
  return `${head}${lines === '' ? '' : `;; ANSWER SECTION:\n${lines}\n`};; SERVER: ${server}#53(${server})\n`;
}

/** Names end with a dot. */
const dataOf = ({ type, data }: DnsRecord): string => (['CNAME', 'PTR', 'NS', 'SRV'].includes(type) ? `${data}.` : type === 'TXT' ? `"${data}"` : data);

/** `getent hosts NAME` and `getent ahosts NAME`: as the C library finds it, /etc/hosts first. Status 2: not found. */
export function* getent(system: System, argv: readonly string[]): Run {
  const [, database = '', ...keys] = argv;
  if (database === 'passwd' || database === 'group') {
    const lines = (system.files.read(`/etc/${database}`) ?? '').split('\n').filter((line) => line !== '' && (keys.length === 0 || keys.some((key) => line.split(':')[0] === key || line.split(':')[2] === key)));
    for (const line of lines) yield* print(system, `${line}\n`);
    return lines.length === 0 ? 2 : 0;
  }
  let status = 0;
  for (const name of keys) {
    const ips = (yield* lookUp(system, name)) ?? [];
    if (ips.length === 0) status = 2;
    for (const ip of database === 'hosts' ? ips.slice(0, 1) : ips) yield* print(system, `${ip.padEnd(15)} ${namesOf(system, ip, name)}\n`);
  }
  return status;
}

function namesOf(system: System, ip: string, name: string): string {
  for (const line of (system.files.read('/etc/hosts') ?? '').split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address === ip && names.includes(name)) return names.join(' ');
  }
  return name;
}

export function* nslookup(system: System, argv: readonly string[]): Run {
  const { rest } = options(argv);
  const name = rest[0] ?? '';
  const resolver = resolverOf(system);
  const server = rest[1] ?? resolver.servers[0] ?? '127.0.0.1';
  const wait = system.nowUs + 10_000_000;
  const ips = yield* system.resolve(name.replace(/\.$/, ''), [server], name.endsWith('.') ? [] : resolver.search, resolver.ndots, wait);
  if (ips === undefined) {
    yield* print(system, ';; connection timed out; no servers could be reached\n\n');
    return 1;
  }
  yield* print(system, `Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  if (ips.length === 0) {
    yield* print(system, `** server can't find ${name}: NXDOMAIN\n\n`);
    return 1;
  }
  for (const ip of ips) yield* print(system, `Name:\t${name}\nAddress: ${ip}\n`);
  yield* print(system, '\n');
  return 0;
}
