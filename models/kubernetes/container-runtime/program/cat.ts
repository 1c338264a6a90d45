/** `cat`: copies files, or standard input, to standard output as they come. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { complain, errorText, options, print } from './applet.ts';

export function* cat(system: System, argv: readonly string[]): Run {
  const { rest } = options(argv);
  let status = 0;
  for (const name of rest.length === 0 ? ['-'] : rest) {
    const fd = name === '-' ? 0 : system.open(name, 'read');
    if (typeof fd === 'string') {
      status = complain(system, argv, `can't open '${name}': ${errorText(fd)}`);
      continue;
    }
    for (;;) {
      const text = yield* system.read(fd);
      if (typeof text === 'object') continue;
      if (text === '' || text === 'EBADF') break;
      if (text === 'EISDIR') {
        status = complain(system, argv, 'read error: Is a directory');
        break;
      }
      yield* print(system, text);
    }
    if (fd !== 0) system.close(fd);
  }
  return status;
}
