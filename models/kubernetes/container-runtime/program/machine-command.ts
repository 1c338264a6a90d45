/** What processes there are and how the machine fares: ps, top, uptime, free. */
import { commandOf, nameOf, type Process } from '../process/process.ts';
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, options, print } from './applet.ts';
import { nameOfId } from './attributes.ts';
import { formatDate } from './date.ts';

/** Memory of a machine of which nobody says how much it has. */
const MEMORY_BYTES = 8 * 1024 ** 3;

/** In brackets: what has ended and nobody has waited for. */
const shown = (process: Process): string => (process.exitStatus === undefined ? commandOf(process) : `[${nameOf(process)}]`);

const COLUMNS: Readonly<Record<string, { readonly title: string; readonly width: number; readonly value: (process: Process, system: System) => string }>> = {
  pid: { title: 'PID', width: 5, value: ({ pid }) => String(pid).padStart(5) },
  ppid: { title: 'PPID', width: 5, value: ({ parent }) => String(parent?.pid ?? 0).padStart(5) },
  pgid: { title: 'PGID', width: 5, value: ({ pid }) => String(pid).padStart(5) },
  user: { title: 'USER', width: 8, value: ({ credentials }, system) => nameOfId(system, 'passwd', credentials.uid) },
  group: { title: 'GROUP', width: 8, value: ({ credentials }, system) => nameOfId(system, 'group', credentials.gid) },
  time: { title: 'TIME', width: 5, value: () => '0:00' },
  etime: { title: 'ELAPSED', width: 7, value: ({ startedUs }, system) => elapsed(Math.floor((system.nowUs - startedUs) / 1_000_000)) },
  stat: { title: 'STAT', width: 4, value: ({ exitStatus, stopped }) => (exitStatus !== undefined ? 'Z' : stopped ? 'T' : 'S') },
  comm: { title: 'COMMAND', width: 16, value: (process) => nameOf(process) },
  args: { title: 'COMMAND', width: 256, value: shown },
  rss: { title: 'RSS', width: 4, value: ({ memoryBytes }) => String(Math.ceil(memoryBytes / 1024)).padStart(4) },
  vsz: { title: 'VSZ', width: 4, value: ({ memoryBytes }) => String(Math.ceil(memoryBytes / 1024)).padStart(4) },
  nice: { title: 'NI', width: 3, value: () => '    0' },
};

const elapsed = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

export function* ps(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv, 'T', 'o');
  const names = flags.has('o') ? (flags.get('o') ?? '').split(/[\0,]/) : ['pid', 'user', 'time', 'args'];
  const bad = names.find((name) => COLUMNS[name.replace(/=.*$/, '')] === undefined);
  if (bad !== undefined) return complain(system, argv, `bad -o argument '${bad}', supported arguments: user,group,comm,args,pid,ppid,pgid,tty,vsz,sid,stat,rss`);
  const columns = names.map((name) => ({ ...(COLUMNS[name.replace(/=.*$/, '')] as (typeof COLUMNS)[string]), ...(name.includes('=') ? { title: name.replace(/^[^=]*=/, '') } : {}) }));
  const row = (cells: readonly string[]): string => `${cells.map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(columns[index]?.width ?? 0))).join(' ')}\n`;
  let text = columns.every(({ title }) => title === '') ? '' : row(columns.map(({ title }) => title));
  for (const process of system.processes) text += row(columns.map(({ title, value }) => (title === 'TIME' ? ` ${value(process, system)}` : value(process, system))));
  yield* print(system, text);
  return 0;
}

export function* top(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv, 'nd');
  const isBatch = flags.has('b') || !system.isTerminal(1);
  const periodUs = Number(flags.get('d') ?? 5) * 1_000_000;
  for (let count = Number(flags.get('n') ?? Infinity); count > 0; count--) {
    const [total, used] = memory(system);
    const processes = system.processes.filter(({ exitStatus }) => exitStatus === undefined);
    let text = `${isBatch ? '' : '\x1b[H\x1b[J'}Mem: ${used}K used, ${total - used}K free, 0K shrd, 0K buff, 0K cached\n`;
    text += 'CPU:   0% usr   0% sys   0% nic 100% idle   0% io   0% irq   0% sirq\n';
    text += `Load average: 0.00 0.00 0.00 1/${processes.length} ${system.pid}\n`;
    text += '  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND\n';
    for (const { pid, parent, credentials, memoryBytes, cpuMilli, ...rest } of processes) {
      const kilobytes = Math.ceil(memoryBytes / 1024);
      const user = nameOfId(system, 'passwd', credentials.uid).padEnd(8);
      const state = pid === system.pid || cpuMilli > 0 ? 'R' : 'S';
      const share = `${Math.floor((kilobytes * 100) / total)}%`;
      text += `${String(pid).padStart(5)} ${String(parent?.pid ?? 0).padStart(5)} ${user} ${state.padEnd(4)} ${String(kilobytes).padStart(5)} ${share.padStart(4)}   0 ${`${Math.floor(cpuMilli / 10)}%`.padStart(4)} ${rest.title ?? rest.argv.join(' ')}\n`;
    }
    yield* print(system, text);
    if (count > 1) yield* system.sleep(periodUs);
  }
  return 0;
}

/** In kilobytes: all that there is, and what the processes of the container use. */
function memory(system: System): [number, number] {
  const total = Math.floor((system.memoryLimitBytes ?? MEMORY_BYTES) / 1024);
  const used = Math.ceil(system.processes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / 1024);
  return [total, Math.min(used, total)];
}

export function* uptime(system: System): Run {
  const minutes = Math.floor(system.nowUs / 60_000_000);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  const clock = hours > 0 ? `${String(hours).padStart(2)}:${String(minutes % 60).padStart(2, '0')}` : `${minutes % 60} min`;
  const past = days > 0 ? `${days} day${days === 1 ? '' : 's'}, ` : '';
  yield* print(system, ` ${formatDate('%H:%M:%S', system.epochMs * 1000 + system.nowUs)} up ${past}${clock},  0 users,  load average: 0.00, 0.00, 0.00\n`);
  return 0;
}

/** The machine's memory, not the container's limit: /proc/meminfo knows nothing of cgroups. */
export function* free(system: System, argv: readonly string[]): Run {
  const { flags } = options(argv);
  const unit = flags.has('b') ? 1 / 1024 : flags.has('m') ? 1024 : flags.has('g') ? 1024 ** 2 : 1;
  const [total, used] = memory(system);
  const row = (values: readonly number[]): string => values.map((value) => String(Math.floor(value / unit)).padStart(12)).join('');
  yield* print(system, '              total        used        free      shared  buff/cache   available\n');
  yield* print(system, `Mem:    ${row([total, used, total - used, 0, 0, total - used])}\nSwap:   ${row([0, 0, 0])}\n`);
  return 0;
}
