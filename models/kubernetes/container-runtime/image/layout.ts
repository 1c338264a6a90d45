/**
 * The file trees of images: a small Linux with busybox' commands, and how files find their programs.
 */
import { device, directory, type DirectoryInode, file, type Inode, link } from '../file-system/inode.ts';
import { freezeTree } from '../file-system/tree.ts';
import { partsOf } from '../file-system/path.ts';
import type { Program } from '../process/wait.ts';
import { asProgram } from '../program/applet.ts';
import { BUSYBOX } from '../program/busybox.ts';
import { SERVERS } from '../program/server.ts';

/** The program behind an executable file. */
export function programOf(name: string): Program | undefined {
  if (Object.hasOwn(BUSYBOX, name)) {
    const applet = BUSYBOX[name];
    return applet === undefined ? undefined : asProgram(applet);
  }
  const server = Object.hasOwn(SERVERS, name) ? SERVERS[name] : undefined;
  return server === undefined ? undefined : asProgram(server);
}

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n';

/** A root with `/bin` commands, the usual directories and devices. Frozen: containers share it. */
export function standardTree(commands: readonly string[], files: Readonly<Record<string, Inode>> = {}): DirectoryInode {
  const bin = directory(commands.map((name) => [name, executable(name)]));
  const root = directory([
    ['bin', bin],
    ['dev', devices()],
    ['etc', directory([['passwd', file(PASSWD)], ['group', file('root:x:0:\n')], ['hosts', file('127.0.0.1\tlocalhost\n')]])],
    ['home', directory()],
    ['proc', directory([['sys', kernelSettings()]])],
    ['root', directory([], { mode: 0o700 })],
    ['run', directory()],
    ['tmp', directory([], { mode: 0o1777 })],
    ['usr', directory([['bin', link('/bin')], ['local', directory([['bin', directory()]])], ['share', directory()]])],
    ['var', directory([['log', directory()], ['run', link('/run')], ['tmp', directory([], { mode: 0o1777 })], ['lib', directory()]])],
  ]);
  for (const [path, inode] of Object.entries(files)) putFile(root, path, inode);
  freezeTree(root);
  return root;
}

export function executable(program: string): Inode {
  return file('', { mode: 0o755, program, padding: 1_000_000 });
}

/** The settings that pods may change safely, as a new pod has them (pkg/kubelet/sysctl/safe_sysctls.go); containerd opens low ports and ping. */
function kernelSettings(): DirectoryInode {
  const folder = (values: Readonly<Record<string, string>>): DirectoryInode => directory(Object.entries(values).map(([name, value]) => [name, file(`${value}\n`)]));
  const ipv4 = { ip_local_port_range: '32768\t60999', ip_unprivileged_port_start: '0', ping_group_range: '0\t2147483647', tcp_fin_timeout: '60', tcp_keepalive_time: '7200', tcp_syncookies: '1' };
  return directory([['kernel', folder({ shm_rmid_forced: '0' })], ['net', directory([['ipv4', folder(ipv4)]])]]);
}

function devices(): DirectoryInode {
  return directory([
    ['null', device('null')],
    ['zero', device('zero')],
    ['full', device('full')],
    ['random', device('random')],
    ['urandom', device('random')],
    ['tty', device('null')],
    ['stdin', device('stdin')],
    ['stdout', device('stdout')],
    ['stderr', device('stderr')],
    ['shm', directory([], { mode: 0o1777 })],
  ]);
}

function putFile(root: DirectoryInode, path: string, inode: Inode): void {
  const parts = partsOf(path);
  const name = parts.pop() ?? '';
  let at = root;
  for (const part of parts) {
    let next = at.entries.get(part);
    if (next?.kind !== 'directory') {
      next = directory();
      at.entries.set(part, next);
    }
    at = next;
  }
  at.entries.set(name, inode);
}
