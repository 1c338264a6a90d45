/** `tee`: to standard output and to files, as it comes. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, isErrno, options, print } from './applet.ts';

export function* tee(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv);
  const fds: number[] = [];
  let status = 0;
  for (const name of rest) {
    const fd = system.open(name, flags.has('a') ? 'append' : 'write');
    if (typeof fd === 'string') status = complain(system, argv, `${name}: ${errorText(fd)}`);
    else fds.push(fd);
  }
  for (;;) {
    const text = yield* system.read(0);
    if (typeof text === 'object') continue;
    if (text === '' || isErrno(text)) return status;
    yield* print(system, text);
    for (const fd of fds) yield* system.write(fd, text);
  }
}
