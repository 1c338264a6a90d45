/** `agnhost mounttest`: makes files and says what it finds, in the words that conformance tests look for. */
import { ERROR_TEXT, type Inode } from '../../file-system/inode.ts';
import type { System } from '../../process/system.ts';
import type { Run, Step } from '../../process/wait.ts';
import { print } from '../applet.ts';
import { flagOf, isOn, numberFlag } from './flag.ts';

const CONTENT = 'mount-tester new file\n';
const LOOP_US = 2_000_000;

export function* mountTest(system: System, words: readonly string[]): Run {
  const wanted = (name: string): string => flagOf(words, name) ?? '';
  let isOk = true;
  const check = function* (path: string, look: (system: System, path: string) => Step<boolean>): Step<void> {
    if (path !== '' && !(yield* look(system, path))) isOk = false;
  };
  // The order matters: files are made before they are described.
  yield* check(wanted('fs_type'), fileSystemType);
  for (const mode of ['0644', '0666', '0660', '0777']) {
    yield* check(wanted(`new_file_${mode}`), (_, path) => newFile(system, path, Number.parseInt(mode, 8)));
  }
  yield* check(wanted('file_mode'), (_, path) => describe(system, path, (inode) => `mode of file "${path}": ${modeText(inode, true)}\n`));
  yield* check(wanted('file_perm'), (_, path) => describe(system, path, (inode) => `perms of file "${path}": ${modeText(inode, false)}\n`));
  yield* check(wanted('file_owner'), (_, path) => describe(system, path, ({ uid, gid }) => `owner UID of "${path}": ${uid}\nowner GID of "${path}": ${gid}\n`));
  yield* check(wanted('file_content'), readFile);
  yield* check(wanted('file_content_in_loop'), (_, path) => readInLoop(system, path, numberFlag(words, 'retry_time', 180), isOn(words, 'break_on_expected_content', true)));
  return isOk ? 0 : 1;
}

function* fileSystemType(system: System, path: string): Step<boolean> {
  const real = system.files.realPath(system.path(path));
  if (real === undefined) {
    yield* print(system, `error from statfs("${path}"): no such file or directory\n`);
    return false;
  }
  const mount = [...system.files.mounts].filter((each) => real === each.path || real.startsWith(`${each.path}/`)).sort((a, b) => b.path.length - a.path.length)[0];
  yield* print(system, `mount type of "${path}": ${mount?.volume.memory === true ? 'tmpfs' : '61267'}\n`);
  return true;
}

function* newFile(system: System, path: string, mode: number): Step<boolean> {
  const errno = system.files.write(system.path(path), CONTENT, system.nowUs, system.credentials);
  if (errno !== undefined) {
    yield* print(system, `error writing new file "${path}": open ${path}: ${ERROR_TEXT[errno].toLowerCase()}\n`);
    return false;
  }
  system.files.change(system.path(path), { mode });
  return yield* readFile(system, path);
}

function* readFile(system: System, path: string): Step<boolean> {
  const content = system.files.read(system.path(path), system.credentials);
  if (content !== undefined) {
    yield* print(system, `content of file "${path}": ${content}\n`);
    return true;
  }
  const found = system.files.openRead(system.path(path), system.credentials);
  yield* print(system, `error reading file content for "${path}": open ${path}: ${typeof found === 'string' ? ERROR_TEXT[found].toLowerCase() : 'is a directory'}\n`);
  return false;
}

function* readInLoop(system: System, path: string, seconds: number, stopsWhenExpected: boolean): Step<boolean> {
  const untilUs = system.nowUs + seconds * 1_000_000;
  let isOk = true;
  while (system.nowUs < untilUs) {
    const content = system.files.read(system.path(path), system.credentials);
    isOk = content !== undefined;
    if (content === undefined) yield* print(system, `Error reading file ${path}: open ${path}: no such file or directory, retrying\n`);
    else {
      yield* print(system, `content of file "${path}": ${content}\n`);
      if (stopsWhenExpected && content === CONTENT) return true;
      if (stopsWhenExpected) yield* print(system, `Unexpected content. Expected: ${CONTENT}. Retrying`);
    }
    yield* system.sleep(LOOP_US);
  }
  return isOk;
}

function* describe(system: System, path: string, text: (inode: Inode) => string): Step<boolean> {
  const inode = system.files.lookup(system.path(path));
  if (typeof inode !== 'string') {
    yield* print(system, text(inode));
    return true;
  }
  yield* print(system, `error from lstat("${path}"): lstat ${path}: ${ERROR_TEXT[inode].toLowerCase()}\n`);
  return false;
}

/** Go's text of a file mode: letters for the kind and special bits, then nine permissions; `withKind: false` has permissions only. */
function modeText({ kind, mode }: Inode, withKind: boolean): string {
  const special = [
    kind === 'directory' ? 'd' : '', kind === 'link' ? 'L' : '', kind === 'device' ? 'Dc' : '', (mode & 0o4000) !== 0 ? 'u' : '', (mode & 0o2000) !== 0 ? 'g' : '', (mode & 0o1000) !== 0 ? 't' : '',
  ].join('');
  const letters = 'rwxrwxrwx';
  const permissions = [...letters].map((letter, index) => ((mode & (1 << (8 - index))) !== 0 ? letter : '-')).join('');
  return `${withKind && special !== '' ? special : '-'}${permissions}`;
}
