/** Commands about what a process is told of itself and its machine: env, printenv, id, groups, whoami, hostname, uname, nproc. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';
import { idOfName, nameOfId } from './attributes.ts';

export function* env(system: System, argv: readonly string[]): Run {
  const environment = new Map(system.environment);
  let at = 1;
  let end = '\n';
  for (; argv[at]?.startsWith('-') === true; at++) {
    const word = argv[at] ?? '';
    if (word === '--') {
      at++;
      break;
    }
    if (word === '-i' || word === '-' || word === '--ignore-environment') environment.clear();
    else if (word === '-0') end = '\0';
    else if (word.startsWith('-u')) environment.delete(word === '-u' ? (argv[++at] ?? '') : word.slice(2));
    else return complain(system, argv, `invalid option -- '${word.slice(1)}'`);
  }
  for (; argv[at]?.includes('=') === true; at++) {
    const [name = '', ...value] = (argv[at] ?? '').split('=');
    environment.set(name, value.join('='));
  }
  if (at < argv.length) {
    const errno = system.exec(argv.slice(at), environment);
    if (errno === undefined) return 0;
    complain(system, argv, `can't execute '${argv[at] ?? ''}': ${errorText(errno)}`);
    return errno === 'ENOENT' ? 127 : 126;
  }
  let text = '';
  for (const [name, value] of environment) text += `${name}=${value}${end}`;
  yield* print(system, text);
  return 0;
}

export function* printenv(system: System, argv: readonly string[]): Run {
  const names = argv.slice(1);
  if (names.length === 0) return yield* env(system, ['env']);
  let status = 0;
  for (const name of names) {
    const value = system.environment.get(name);
    if (value === undefined) status = 1;
    else yield* print(system, `${value}\n`);
  }
  return status;
}

export function* id(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const [name] = rest;
  const own = system.credentials;
  const uid = name === undefined ? own.uid : idOfName(system, 'passwd', name);
  if (uid === undefined) return complain(system, argv, `unknown user ${name ?? ''}`);
  const entry = name === undefined ? undefined : system.files.read('/etc/passwd')?.split('\n').find((line) => line.split(':')[0] === name);
  const gid = entry === undefined ? own.gid : Number(entry.split(':')[3] ?? 0);
  const groups = name === undefined ? groupsOf(own.gid, own.groups) : [gid];
  const titled = (file: 'passwd' | 'group', value: number): string => {
    const title = nameOfId(system, file, value);
    return title === String(value) ? title : `${value}(${title})`;
  };
  const shown = (file: 'passwd' | 'group', value: number): string => (flags.has('n') ? nameOfId(system, file, value) : String(value));
  if (flags.has('u')) yield* print(system, `${shown('passwd', uid)}\n`);
  else if (flags.has('g')) yield* print(system, `${shown('group', gid)}\n`);
  else if (flags.has('G')) yield* print(system, `${groups.map((group) => shown('group', group)).join(' ')}\n`);
  else yield* print(system, `uid=${titled('passwd', uid)} gid=${titled('group', gid)} groups=${groups.map((group) => titled('group', group)).join(',')}\n`);
  return 0;
}

function groupsOf(gid: number, groups: readonly number[]): number[] {
  return [...new Set([gid, ...groups])].sort((a, b) => a - b);
}

export function* groups(system: System): Run {
  const { gid, groups: others } = system.credentials;
  yield* print(system, `${groupsOf(gid, others).map((group) => nameOfId(system, 'group', group)).join(' ')}\n`);
  return 0;
}

export function* whoami(system: System, argv: readonly string[]): Run {
  const { uid } = system.credentials;
  const name = nameOfId(system, 'passwd', uid);
  if (name === String(uid)) return complain(system, argv, `unknown uid ${uid}`);
  yield* print(system, `${name}\n`);
  return 0;
}

export function* hostname(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const shown = flags.has('i') || flags.has('I') ? system.addresses.join(' ') : flags.has('s') ? system.hostname.split('.')[0] : system.hostname;
  yield* print(system, `${shown ?? ''}\n`);
  return 0;
}

export function* uname(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const parts = { s: 'Linux', n: system.hostname, r: '6.1.0', v: '#1 SMP', m: 'x86_64', o: 'Linux' };
  const shown = Object.entries(parts).filter(([letter]) => flags.has('a') || flags.has(letter) || (flags.size === 0 && letter === 's'));
  yield* print(system, `${shown.map(([, value]) => value).join(' ')}\n`);
  return 0;
}

/** As many as the container may use; 1 where nobody has said. */
export function* nproc(system: System): Run {
  const ranges = system.files.read('/sys/fs/cgroup/cpuset.cpus.effective')?.trim().split(',').map((range) => range.split('-').map(Number));
  const count = (ranges ?? [[0]]).reduce((sum, [from = 0, to = from]) => sum + to - from + 1, 0);
  yield* print(system, `${count}\n`);
  return 0;
}
