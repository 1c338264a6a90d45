/** Commands about the kernel and its network: sysctl, ip, and the probe of the conformance tests for privileges. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, options, print } from './applet.ts';

/** `sysctl NAME…`, `-n` for values alone. Writing needs a privilege that no container here has. */
export function* sysctl(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  let status = 0;
  for (const word of rest) {
    const [name = ''] = word.split('=');
    const value = system.files.read(`/proc/sys/${name.replaceAll('.', '/')}`)?.trimEnd();
    if (value === undefined) status = complain(system, argv, `error: '${name}' is an unknown key`);
    else if (word.includes('=')) status = complain(system, argv, `error setting key '${name}': Read-only file system`);
    else yield* print(system, `${flags.has('n') ? '' : `${name} = `}${value}\n`);
  }
  return status;
}

/** `ip addr` and `ip link` show; whatever changes something needs CAP_NET_ADMIN. */
export function* ip(system: System, argv: readonly string[]): Run {
  const [object = 'addr', verb = 'show'] = argv.slice(1).filter((word) => !word.startsWith('-'));
  if (!['show', 'list', 'ls', 'get'].includes(verb)) {
    system.writeNow(2, 'ip: RTNETLINK answers: Operation not permitted\n');
    return 2;
  }
  if ('address'.startsWith(object) || 'link'.startsWith(object)) {
    const links = [['lo', '127.0.0.1/8'], ...system.addresses.map((address) => ['eth0', `${address}/24`])];
    for (const [index, [name = '', address = '']] of links.entries()) {
      yield* print(system, `${index + 1}: ${name}: <UP,LOWER_UP> mtu ${name === 'lo' ? 65_536 : 1500} state ${name === 'lo' ? 'UNKNOWN' : 'UP'}\n`);
      if ('address'.startsWith(object)) yield* print(system, `    inet ${address} scope ${name === 'lo' ? 'host' : 'global'} ${name}\n`);
    }
    return 0;
  }
  if ('route'.startsWith(object)) {
    const gateway = (system.addresses[0] ?? '10.244.0.1').replace(/\d+$/, '1');
    yield* print(system, `default via ${gateway} dev eth0\n`);
    return 0;
  }
  return complain(system, argv, `Object "${object}" is unknown, try "ip help".`);
}

/** test/images/nonewprivs: a set-user-ID program of root that says who it is. */
export function* effectiveUser(system: System): Run {
  yield* print(system, `Effective uid: ${system.noNewPrivileges ? system.credentials.uid : 0}\n`);
  return 0;
}
