/**
 * Open files: what a descriptor points to. Regular files, pipes, devices, log streams and listening sockets.
 *
 * An open file is shared by the descriptors that were duplicated from it and by children that inherited it; `count`
 * says by how many. When the last writer of a pipe lets go, its reader sees the end of the stream.
 */
import type { DeviceName, FileInode } from '../file-system/inode.ts';
import type { Listener } from './socket.ts';

/** Characters that a pipe holds before its writer has to wait (pipe(7)). */
export const PIPE_CAPACITY = 65_536;

/** Something that can be waited for; the host wakes those who wait when it changes. */
export interface Waitable {
  readonly waiters: Set<number>;
}

export interface Pipe extends Waitable {
  buffer: string;
  readers: number;
  writers: number;
  /** A named pipe's ends that somebody has had: before that there is nobody to read from or write to, and one waits. */
  wasOpened?: { read: boolean; write: boolean };
}

interface Counted {
  count: number;
}

export interface RegularFile extends Counted {
  readonly kind: 'file';
  readonly inode: FileInode;
  readonly path: string;
  position: number;
  readonly append: boolean;
  readonly access: 'read' | 'write' | 'both';
}

export interface PipeEnd extends Counted {
  readonly kind: 'pipe';
  readonly pipe: Pipe;
  readonly end: 'read' | 'write';
  /** The keyboard of a terminal. */
  readonly isTerminal?: boolean;
}

export interface DeviceFile extends Counted {
  readonly kind: 'device';
  readonly device: DeviceName;
}

/** Where output leaves the container: its log, or the answer of an exec. Input comes from nowhere. */
export interface Sink extends Counted {
  readonly kind: 'sink';
  readonly write: (text: string) => void;
}

export interface ListenerFile extends Counted {
  readonly kind: 'listener';
  readonly listener: Listener;
}

/** A directory can be opened; it is reading it that fails. */
export interface DirectoryFile extends Counted {
  readonly kind: 'directory';
}

export type OpenFile = RegularFile | DirectoryFile | PipeEnd | DeviceFile | Sink | ListenerFile;

export type Descriptors = Map<number, OpenFile>;

export function createPipe(): Pipe {
  return { buffer: '', readers: 0, writers: 0, waiters: new Set() };
}

/** Takes one more reference to an open file. */
export function hold(open: OpenFile): OpenFile {
  open.count++;
  if (open.kind === 'pipe') {
    if (open.end === 'read') open.pipe.readers++;
    else open.pipe.writers++;
    if (open.pipe.wasOpened !== undefined) open.pipe.wasOpened[open.end] = true;
  }
  return open;
}

export function pipeEnd(pipe: Pipe, end: 'read' | 'write'): PipeEnd {
  return { kind: 'pipe', pipe, end, count: 0 };
}
