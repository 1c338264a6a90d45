/** `diff`: unified, as busybox prints it; of directories with `-r`. Source of the texts: busybox editors/diff.c. */
import { join } from '../file-system/path.ts';
import type { System } from '../process/system.ts';
import type { Run, Step } from '../process/wait.ts';
import { complain, errorText, options, print, readAll } from './applet.ts';

type Flags = ReadonlyMap<string, string>;

export function* diff(system: System, argv: readonly string[]): Run {
  const { flags, rest } = options(argv.map((word) => (word === '--brief' ? '-q' : word)), 'ULS');
  if (rest.length !== 2) return complain(system, argv, `missing filename`) + 1;
  return yield* compare(system, argv, rest[0] ?? '', rest[1] ?? '', flags);
}

function* compare(system: System, argv: readonly string[], first: string, second: string, flags: Flags): Step<number> {
  const kinds = [first, second].map((name) => (name === '-' ? 'file' : kindOf(system, name)));
  if (kinds.every((kind) => kind === 'directory')) return yield* compareFolders(system, argv, first, second, flags);
  const names = [first, second].map((name, index) => (kinds[index] === 'directory' ? join(name, ([second, first][index] ?? '').replace(/^.*\//, '')) : name));
  const texts: string[] = [];
  for (const name of names) {
    const text = yield* textOf(system, name, flags.has('N'));
    if (text === undefined) {
      complain(system, argv, `can't stat '${name}': No such file or directory`);
      return 2;
    }
    texts.push(text);
  }
  const [a = '', b = ''] = texts;
  const same = equal(lines(a), lines(b), flags);
  if (same) {
    if (flags.has('s')) yield* print(system, `Files ${first} and ${second} are identical\n`);
    return 0;
  }
  if (flags.has('q')) yield* print(system, `Files ${first} and ${second} differ\n`);
  else yield* print(system, unified(names[0] ?? '', names[1] ?? '', a, b, flags));
  return 1;
}

function kindOf(system: System, name: string): string {
  const inode = system.files.lookup(system.path(name));
  return typeof inode === 'string' ? errorText(inode) : inode.kind;
}

function* textOf(system: System, name: string, isEmptyIfMissing: boolean): Step<string | undefined> {
  if (name === '-') return yield* readAll(system, 0);
  const fd = system.open(name, 'read');
  if (typeof fd === 'string') return isEmptyIfMissing ? '' : undefined;
  const text = yield* readAll(system, fd);
  system.close(fd);
  return text;
}

function* compareFolders(system: System, argv: readonly string[], first: string, second: string, flags: Flags): Step<number> {
  const [a, b] = [first, second].map((name) => system.files.list(system.path(name), system.credentials)) as [string[], string[]];
  let status = 0;
  for (const name of [...new Set([...a, ...b])].sort((x, y) => (x < y ? -1 : 1))) {
    if (!flags.has('N') && (!a.includes(name) || !b.includes(name))) {
      yield* print(system, `Only in ${a.includes(name) ? first : second}: ${name}\n`);
      status = Math.max(status, 1);
      continue;
    }
    const [left, right] = [join(first, name), join(second, name)];
    if (kindOf(system, left) === 'directory' && kindOf(system, right) === 'directory' && !flags.has('r')) {
      yield* print(system, `Common subdirectories: ${left} and ${right}\n`);
      continue;
    }
    status = Math.max(status, yield* compare(system, argv, left, right, flags));
  }
  return status;
}

/** Lines with their ends, so that a last one without is another line than one with. */
const lines = (text: string): string[] => (text === '' ? [] : text.split(/(?<=\n)/));

function keyOf(line: string, flags: Flags): string {
  const text = flags.has('i') ? line.toLowerCase() : line;
  if (flags.has('w')) return text.replace(/\s+/g, '');
  return flags.has('b') ? text.replace(/\s+/g, ' ').trimEnd() : text;
}

function equal(a: readonly string[], b: readonly string[], flags: Flags): boolean {
  const kept = (list: readonly string[]): string[] => (flags.has('B') ? list.filter((line) => line.trim() !== '') : [...list]);
  const [x, y] = [kept(a), kept(b)];
  return x.length === y.length && x.every((line, index) => keyOf(line, flags) === keyOf(y[index] ?? '', flags));
}

type Edit = { readonly mark: ' ' | '-' | '+'; readonly line: string };

/** Lines that both have stay; a longest common subsequence says which, after what both begin and end with. */
function edits(a: readonly string[], b: readonly string[], flags: Flags): Edit[] {
  const same = (x: number, y: number): boolean => keyOf(a[x] ?? '', flags) === keyOf(b[y] ?? '', flags);
  let start = 0;
  while (start < a.length && start < b.length && same(start, start)) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && same(a.length - 1 - end, b.length - 1 - end)) end++;
  const [n, m] = [a.length - start - end, b.length - start - end];
  const result: Edit[] = a.slice(0, start).map((line) => ({ mark: ' ', line }));
  if (n * m <= 4_000_000) {
    const lengths = Array.from({ length: n + 1 }, () => new Int32Array(m + 1));
    for (let x = n - 1; x >= 0; x--) {
      for (let y = m - 1; y >= 0; y--) (lengths[x] as Int32Array)[y] = same(start + x, start + y) ? (lengths[x + 1]?.[y + 1] ?? 0) + 1 : Math.max(lengths[x + 1]?.[y] ?? 0, lengths[x]?.[y + 1] ?? 0);
    }
    let [x, y] = [0, 0];
    while (x < n || y < m) {
      if (x < n && y < m && same(start + x, start + y)) {
        result.push({ mark: ' ', line: a[start + x++] ?? '' });
        y++;
      } else if (x < n && (y >= m || (lengths[x + 1]?.[y] ?? 0) >= (lengths[x]?.[y + 1] ?? 0))) result.push({ mark: '-', line: a[start + x++] ?? '' });
      else result.push({ mark: '+', line: b[start + y++] ?? '' });
    }
  } else result.push(...a.slice(start, start + n).map((line): Edit => ({ mark: '-', line })), ...b.slice(start, start + m).map((line): Edit => ({ mark: '+', line })));
  return [...result, ...a.slice(a.length - end).map((line): Edit => ({ mark: ' ', line }))];
}

const NO_NEWLINE = '\n\\ No newline at end of file\n';

function unified(first: string, second: string, a: string, b: string, flags: Flags): string {
  const all = grouped(edits(lines(a), lines(b), flags));
  const context = Number(flags.get('U') ?? 3);
  const labels = (flags.get('L') ?? '').split('\0');
  let text = `--- ${flags.has('L') ? labels[0] : first}\n+++ ${labels[1] ?? second}\n`;
  for (let at = all.findIndex(({ mark }) => mark !== ' '); at >= 0; ) {
    const from = Math.max(0, at - context);
    let to = at;
    for (let quiet = 0; to < all.length && quiet <= 2 * context; to++) quiet = all[to]?.mark === ' ' ? quiet + 1 : 0;
    let trailing = 0;
    while (all[to - 1 - trailing]?.mark === ' ') trailing++;
    const end = to - Math.max(0, trailing - context);
    const hunk = all.slice(from, end);
    const before = all.slice(0, from);
    const range = (skipped: '-' | '+'): string => {
      const count = hunk.filter(({ mark }) => mark !== skipped).length;
      const line = before.filter(({ mark }) => mark !== skipped).length + (count === 0 ? 0 : 1);
      return count === 1 ? String(line) : `${line},${count}`;
    };
    text += `@@ -${range('+')} +${range('-')} @@\n`;
    text += hunk.map(({ mark, line }) => mark + (line.endsWith('\n') ? line : line + NO_NEWLINE)).join('');
    const next = all.slice(end).findIndex(({ mark }) => mark !== ' ');
    at = next < 0 ? -1 : end + next;
  }
  return text;
}

/** In a run of changes what goes comes before what is new. */
function grouped(all: readonly Edit[]): Edit[] {
  const result: Edit[] = [];
  let added: Edit[] = [];
  for (const edit of all) {
    if (edit.mark === '+') added.push(edit);
    else {
      if (edit.mark === ' ') result.push(...added.splice(0));
      result.push(edit);
    }
  }
  return [...result, ...added.splice(0)];
}
