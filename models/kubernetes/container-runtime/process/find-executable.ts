/**
 * From a command line to the program that it would execute: PATH, permissions and `#!` lines, as execve and a shell do it.
 */
import { type Credentials, type Errno, permits } from '../file-system/inode.ts';
import { absolute } from '../file-system/path.ts';
import type { FileTree } from '../file-system/tree.ts';

/** Where execvp(3) looks when there is no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

/**
 * Looks up what a command line would execute, through PATH and `#!` lines. The answer names the program that the file
 * carries, with the arguments that it gets.
 */
export function findExecutable(
  tree: FileTree,
  argv: readonly string[],
  searchPath: string | undefined,
  directory: string,
  credentials: Credentials,
): { program: string; argv: readonly string[] } | Errno {
  const name = argv[0] ?? '';
  const candidates = name.includes('/') ? [name] : (searchPath ?? DEFAULT_PATH).split(':').map((prefix) => (prefix === '' ? name : `${prefix}/${name}`));
  let failure: Errno = 'ENOENT';
  for (const path of candidates) {
    const inode = tree.lookup(absolute(path, directory));
    if (typeof inode === 'string') {
      if (inode !== 'ENOENT' && inode !== 'ENOTDIR') failure = inode;
      continue;
    }
    if (inode.kind !== 'file' || !permits(inode, credentials, 1)) {
      failure = 'EACCES';
      continue;
    }
    if (inode.program !== undefined) return { program: inode.program, argv };
    const line = /^#!\s*(\S+)[ \t]*([^\n]*)/.exec(inode.content);
    if (line === null) return 'ENOEXEC';
    const interpreter = [line[1] ?? '', ...(line[2] === undefined || line[2] === '' ? [] : [line[2].trim()])];
    return findExecutable(tree, [...interpreter, path, ...argv.slice(1)], searchPath, directory, credentials);
  }
  return failure;
}
