/**
 * Redirections: for a command that becomes a process they are made on a copy of the descriptors; for builtins and
 * compound commands they are made on the shell's own and undone afterwards.
 */
import { type Errno, ERROR_TEXT, file } from '../file-system/inode.ts';
import { type Descriptors, hold, type OpenFile } from '../process/stream.ts';
import type { Step } from '../process/wait.ts';
import { expandText } from './expand.ts';
import type { Shell } from './shell.ts';
import type { Redirect } from './syntax.ts';

type Change = { readonly fd: number; readonly open: OpenFile | undefined };

/** Carries out redirections on a copy of the descriptors. Undefined (and a message) if one failed. */
export function* redirectCopy(shell: Shell, redirects: readonly Redirect[]): Step<Descriptors | undefined> {
  const table = new Map(shell.system.descriptors);
  for (const redirect of redirects) {
    const changes = yield* changesOf(shell, redirect, table);
    if (changes === undefined) return undefined;
    for (const { fd, open } of changes) {
      if (open === undefined) table.delete(fd);
      else table.set(fd, open);
    }
  }
  return table;
}

/** Undoes redirections, or lets them stay for good. */
export type Undo = (stays?: boolean) => void;

/** Carries out redirections on the shell itself; the answer undoes them. */
export function* redirectShell(shell: Shell, redirects: readonly Redirect[]): Step<Undo | undefined> {
  const saved: Change[] = [];
  const undo = (stays = false): void => {
    for (const { fd, open } of saved.reverse()) {
      if (stays) {
        if (open !== undefined) shell.system.release(open);
      } else if (open === undefined) shell.system.close(fd);
      else {
        shell.system.place(fd, open);
        shell.system.release(open);
      }
    }
  };
  for (const redirect of redirects) {
    const changes = yield* changesOf(shell, redirect, shell.system.descriptors);
    if (changes === undefined) {
      undo();
      return undefined;
    }
    for (const { fd, open } of changes) {
      const old = shell.system.descriptors.get(fd);
      saved.push({ fd, open: old === undefined ? undefined : hold(old) });
      if (open === undefined) shell.system.close(fd);
      else shell.system.place(fd, open);
    }
  }
  return undo;
}

function* changesOf(shell: Shell, redirect: Redirect, table: Descriptors): Step<Change[] | undefined> {
  const { fd, operator } = redirect;
  const target = yield* expandText(shell, redirect.target);
  switch (operator) {
    case '<<': {
      const inode = file(target);
      return [{ fd, open: { kind: 'file', inode, path: '/', position: 0, append: false, access: 'read', count: 0 } }];
    }
    case '<&':
    case '>&':
      return duplicate(shell, fd, target, table);
    case '&>': {
      const open = openTarget(shell, target, 'write');
      return open === undefined ? undefined : [{ fd: 1, open }, { fd: 2, open }];
    }
    default: {
      const mode = operator === '<' ? 'read' : operator === '>>' ? 'append' : operator === '<>' ? 'both' : 'write';
      const isKept = operator === '>' && shell.options.has('C') && typeof shell.system.files.lookup(shell.system.path(target)) !== 'string' && target !== '/dev/null';
      if (isKept) shell.complain(`can't create ${target}: File exists`);
      const open = isKept ? undefined : openTarget(shell, target, mode);
      if (open?.kind === 'pipe') yield* otherEnd(shell, open);
      return open === undefined ? undefined : [{ fd, open }];
    }
  }
}

/** A named pipe is open when it has somebody at its other end. */
function* otherEnd(shell: Shell, open: Extract<OpenFile, { kind: 'pipe' }>): Step<void> {
  const { pipe, end } = open;
  if (pipe.wasOpened === undefined || pipe.wasOpened[end === 'read' ? 'write' : 'read']) return;
  const { system } = shell;
  let fd = 10;
  while (system.descriptors.has(fd)) fd++;
  system.place(fd, open);
  while (end === 'read' ? pipe.writers === 0 && !pipe.wasOpened.write : pipe.readers === 0 && !pipe.wasOpened.read) {
    const wake = yield { wait: end === 'read' ? 'readable' : 'writable', fd };
    if (wake.kind === 'signal') shell.note(wake.signal);
  }
  // It is held a little longer: closing and opening again would look like an end.
  hold(open);
  system.close(fd);
  open.count--;
  if (end === 'read') pipe.readers--;
  else pipe.writers--;
}

function duplicate(shell: Shell, fd: number, target: string, table: Descriptors): Change[] | undefined {
  if (target === '-') return [{ fd, open: undefined }];
  const open = /^[0-9]+$/.test(target) ? table.get(Number(target)) : undefined;
  if (open !== undefined) return [{ fd, open }];
  shell.complain(`${target}: Bad file descriptor`);
  return undefined;
}

function openTarget(shell: Shell, path: string, mode: 'read' | 'write' | 'append' | 'both'): OpenFile | undefined {
  const open = shell.system.openFile(path, mode);
  if (typeof open !== 'string') return open;
  shell.complain(redirectMessage(path, mode, open));
  return undefined;
}

/** As ash words it: `can't open x: no such file` for reading, `can't create x: nonexistent directory` for writing. */
function redirectMessage(path: string, mode: string, errno: Errno): string {
  if (mode === 'read') return `can't open ${path}: ${errno === 'ENOENT' ? 'no such file' : ERROR_TEXT[errno]}`;
  return `can't create ${path}: ${errno === 'ENOENT' ? 'nonexistent directory' : ERROR_TEXT[errno]}`;
}
