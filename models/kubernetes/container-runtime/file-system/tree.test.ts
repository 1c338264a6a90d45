import { describe, expect, it } from 'vitest';
import { directory, file, link } from './inode.ts';
import { freezeTree, FileTree } from './tree.ts';
import { emptyVolume } from './volume.ts';

function image() {
  const root = directory([
    ['etc', directory([['motd', file('hello')]])],
    ['tmp', directory([], { mode: 0o1777 })],
    ['l', link('etc/motd')],
  ]);
  freezeTree(root);
  return root;
}

describe('FileTree', () => {
  it('keeps the image unchanged when a container writes', () => {
    const shared = image();
    const first = new FileTree(shared);
    expect(first.write('/etc/motd', 'changed', 1)).toBeUndefined();
    expect(first.write('/own', 'x', 1)).toBeUndefined();
    expect(first.read('/l')).toBe('changed');
    const second = new FileTree(shared);
    expect(second.read('/etc/motd')).toBe('hello');
    expect(second.lookup('/own')).toBe('ENOENT');
  });

  it('shares a volume between two containers', () => {
    const volume = emptyVolume();
    const one = new FileTree(image());
    const two = new FileTree(image());
    one.mount({ path: '/data', volume, readOnly: false });
    two.mount({ path: '/deep/er', volume, readOnly: true });
    expect(one.write('/data/x', '1', 0)).toBeUndefined();
    expect(two.read('/deep/er/x')).toBe('1');
    expect(two.write('/deep/er/x', '2', 0)).toBe('EROFS');
    expect(two.list('/deep')).toEqual(['er']);
    expect(one.remove('/data')).toBe('EBUSY');
  });

  it('limits a volume with a capacity', () => {
    const tree = new FileTree(image());
    tree.mount({ path: '/m', volume: emptyVolume({ capacityBytes: 4 }), readOnly: false });
    expect(tree.write('/m/a', '1234', 0)).toBeUndefined();
    expect(tree.write('/m/b', '1', 0)).toBe('ENOSPC');
  });

  it('renames, removes and refuses as Linux does', () => {
    const tree = new FileTree(image());
    expect(tree.makeDirectory('/d', 0)).toBeUndefined();
    expect(tree.makeDirectory('/d', 0)).toBe('EEXIST');
    expect(tree.rename('/etc', '/d/etc')).toBeUndefined();
    expect(tree.read('/d/etc/motd')).toBe('hello');
    expect(tree.remove('/d')).toBe('EISDIR');
    expect(tree.remove('/d', { directory: true })).toBe('ENOTEMPTY');
    expect(tree.remove('/d', { recursive: true })).toBeUndefined();
    expect(tree.lookup('/d/etc/motd')).toBe('ENOENT');
    expect(tree.write('/etc/motd/x', '', 0)).toBe('ENOENT');
  });

  it('checks permissions of users other than root', () => {
    const tree = new FileTree(image());
    const who = { uid: 1000, gid: 1000, groups: [] };
    expect(tree.write('/own', '', 0, who)).toBe('EACCES');
    expect(tree.write('/tmp/own', 'a', 0, who)).toBeUndefined();
    expect(tree.read('/tmp/own', who)).toBe('a');
    const readOnly = new FileTree(image(), true);
    expect(readOnly.write('/tmp/x', '', 0)).toBe('EROFS');
  });
});
