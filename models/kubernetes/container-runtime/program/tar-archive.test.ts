import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { archiveOf, type Member, membersOf } from './tar-archive.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const attributes = { mode: 0o640, uid: 1000, gid: 7, modified: 1_700_000_000 };
const deep = `${'d'.repeat(60)}/${'e'.repeat(60)}/file`;
const MEMBERS: readonly Member[] = [
  { name: 'a/', kind: 'directory', ...attributes, mode: 0o755, content: bytes('') },
  { name: 'a/file', kind: 'file', ...attributes, content: Uint8Array.from([0, 255, 128, 10]) },
  { name: 'a/empty', kind: 'file', ...attributes, content: bytes('') },
  { name: 'a/link', kind: 'link', target: `../${'t'.repeat(120)}`, ...attributes, content: bytes('') },
  { name: deep, kind: 'file', ...attributes, content: bytes('x'.repeat(600)) },
  { name: 'grüße', kind: 'file', ...attributes, content: bytes('ü') },
];

describe('an archive', () => {
  it('gives back its members', () => {
    expect(membersOf(archiveOf(MEMBERS))).toEqual({ members: MEMBERS });
    expect(archiveOf([]).length).toBe(1024);
  });

  it('says where it is broken, and what came before', () => {
    const whole = archiveOf(MEMBERS);
    for (const length of [512 + 300, 1024 + 2]) {
      const { members, error } = membersOf(whole.subarray(0, length));
      expect([members.map(({ name }) => name), error]).toEqual([['a/'], 'short read']);
    }
    const flipped = Uint8Array.from(whole);
    flipped[5] = 1;
    expect(membersOf(flipped)).toEqual({ members: [], error: 'invalid tar magic' });
  });
});

const isThere = spawnSync('tar', ['--version']).status === 0;
describe.skipIf(!isThere)('beside the tar of this machine (skipped where there is none)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubetwin-tar-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is read by it', () => {
    writeFileSync(join(folder, 'ours.tar'), archiveOf(MEMBERS));
    expect(execFileSync('tar', ['-tf', join(folder, 'ours.tar')], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } }).trim().split('\n')).toHaveLength(MEMBERS.length);
    execFileSync('tar', ['-xf', join(folder, 'ours.tar'), '--no-same-owner', '-C', folder]);
    expect([...readFileSync(join(folder, 'a/file'))]).toEqual([0, 255, 128, 10]);
    expect(readFileSync(join(folder, deep), 'utf8')).toHaveLength(600);
  });

  it.each(['ustar', 'gnu', 'pax'])('reads what it writes: %s', (format) => {
    const source = mkdtempSync(join(folder, 'source-'));
    mkdirSync(join(source, 'in'));
    writeFileSync(join(source, 'in/file'), 'content');
    writeFileSync(join(source, `in/${'n'.repeat(90)}`), 'long');
    if (format !== 'ustar') writeFileSync(join(source, `in/${'m'.repeat(150)}`), 'longer');
    symlinkSync('file', join(source, 'in/link'));
    const { members, error } = membersOf(execFileSync('tar', ['-cf', '-', `--format=${format}`, '--sort=name', 'in'], { cwd: source }));
    expect(error).toBeUndefined();
    expect(members.map(({ name, kind, target, content }) => [name, kind, target, new TextDecoder().decode(content)])).toEqual([
      ['in/', 'directory', undefined, ''], ['in/file', 'file', undefined, 'content'], ['in/link', 'link', 'file', ''],
      ...(format === 'ustar' ? [] : [[`in/${'m'.repeat(150)}`, 'file', undefined, 'longer']]), [`in/${'n'.repeat(90)}`, 'file', undefined, 'long'],
    ]);
  });
});
