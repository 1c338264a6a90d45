/** `tail`, also `-f`, which looks at the file once a second (busybox does the same) and never ends on /dev/null. */
import type { System } from '../process/system.ts';
import type { Run } from '../process/wait.ts';
import { linesOf, options, print, readInputs } from './applet.ts';

const FOLLOW_PERIOD_US = 1_000_000;

export function* tail(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => word.replace(/^-([0-9]+)(f?)$/, '-$2n$1').replace(/^-n/, '-n')), 'ncs');
  const follow = flags.has('f') || flags.has('F');
  const { texts, failed } = yield* readInputs(system, argv, rest);
  for (const text of texts) yield* print(system, lastPart(text, flags));
  if (!follow) return failed ? 1 : 0;
  const followed = rest.filter((name) => {
    const inode = system.files.lookup(system.path(name));
    return typeof inode === 'string' ? flags.has('F') : inode.kind === 'file';
  });
  if (followed.length === 0) {
    if (failed && rest.length > 0) return 1;
    for (;;) yield* system.pause();
  }
  const seen = new Map(followed.map((name, index) => [name, texts[index]?.length ?? 0]));
  for (;;) {
    yield* system.sleep(FOLLOW_PERIOD_US);
    for (const name of followed) {
      const text = system.files.read(system.path(name)) ?? '';
      const from = seen.get(name) ?? 0;
      if (text.length > from) yield* print(system, text.slice(from));
      seen.set(name, text.length);
    }
  }
}

function lastPart(text: string, flags: ReadonlyMap<string, string>): string {
  const bytes = flags.get('c');
  if (bytes !== undefined) return bytes.startsWith('+') ? text.slice(Number(bytes) - 1) : text.slice(-Number(bytes));
  const count = flags.get('n') ?? '10';
  const lines = linesOf(text);
  const wanted = count.startsWith('+') ? lines.slice(Number(count) - 1) : Number(count) === 0 ? [] : lines.slice(-Number(count));
  return wanted.map((line) => `${line}\n`).join('');
}
