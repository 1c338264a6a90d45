/**
 * Bad input gets a sentence that says what, where and what to do, and the documented exit code; nothing is lost.
 */
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { folder, kubetwin, start } from './kubetwin.ts';

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: somewhere\n';
let place = '';
let log = '';

beforeAll(() => {
  place = folder();
  log = join(place, 'whole.log');
  writeFileSync(join(place, 'namespace.yaml'), NAMESPACE);
  const made = kubetwin(['run', join(place, 'namespace.yaml'), '--nodes', '0', '--log', log]);
  expect(made).toMatchObject({ code: 0 });
});

const file = (name: string, text: string | Uint8Array): string => {
  const path = join(place, name);
  writeFileSync(path, text);
  return path;
};

describe('kubetwin run', () => {
  it('names file, line and column of malformed YAML', () => {
    const path = file('broken.yaml', 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: [x\nspec: {}\n');
    const { code, stderr } = kubetwin(['run', path]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^kubetwin: .*broken\.yaml:\d+:\d+: malformed YAML: /);
  });

  it('says why a kubelet would not start with what a scenario configures', () => {
    const path = file('numa.yaml', 'apiVersion: kubetwin.dev/v1\nkind: Scenario\nmetadata: { name: numa }\nspec:\n  nodes: { node-2: { machine: { numaNodes: 3 }, kubelet: { topologyManagerPolicy: restricted } } }\n');
    const { code, stderr } = kubetwin(['run', path]);
    expect([code, stderr]).toEqual([2, 'kubetwin: the kubelet of node-2 does not start: 4 CPUs cannot be laid out as 3 NUMA nodes and 3 sockets with 1 threads in a core\n']);
  });

  it('names an unknown kind and its place', () => {
    const path = file('unknown.yaml', `${NAMESPACE}---\napiVersion: v1\nkind: Pood\nmetadata:\n  name: x\n`);
    const { code, stderr } = kubetwin(['run', path]);
    expect(code).toBe(2);
    expect(stderr).toContain('unknown.yaml:6:1: no matches for kind "Pood" in version "v1"');
  });

  it('says what is missing in a document that is no object', () => {
    const { code, stderr } = kubetwin(['run', file('list.yaml', '- a\n- b\n')]);
    expect(code).toBe(2);
    expect(stderr).toContain('a manifest must be a mapping with apiVersion, kind and metadata');
  });

  it('prints the API server’s message for an invalid object', () => {
    const path = file('invalid.yaml', 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: Not_A_Name\n');
    const { code, stdout } = kubetwin(['run', path, '--nodes', '0']);
    expect(code).toBe(2);
    expect(stdout).toContain('Error from server (Invalid): configmap/Not_A_Name: ConfigMap "Not_A_Name" is invalid: metadata.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of');
  });

  it('says that a file is missing', () => {
    expect(kubetwin(['run', join(place, 'nowhere.yaml')])).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere.yaml: no such file or folder') as string });
  });

  it('says that a folder holds no manifests', () => {
    mkdirSync(join(place, 'empty'), { recursive: true });
    expect(kubetwin(['run', join(place, 'empty')])).toMatchObject({ code: 2, stderr: expect.stringContaining('the folder holds no manifests') as string });
  });

  it('says that a log cannot be written', () => {
    const { code, stderr } = kubetwin(['run', join(place, 'namespace.yaml'), '--log', join(place, 'no', 'such', 'folder.log')]);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot write the log');
  });

  it.each([
    [['run', '--nodes', 'many'], '--nodes must be a whole number'],
    [['run', '--timing', 'slow'], '--timing must be one of realistic, fast, zero'],
    [['run', '--for', 'soon'], '--for must be a duration such as'],
    [['run', '--bogus'], "unknown option '--bogus'"],
    [['fly'], "unknown command 'fly'"],
    [['replay'], "missing required argument 'log'"],
  ])('explains bad usage: %j', (args, message) => {
    const { code, stderr } = kubetwin(args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('takes manifests from standard input', () => {
    expect(kubetwin(['run', '-', '--nodes', '0'], { input: NAMESPACE })).toMatchObject({ code: 0 });
    expect(kubetwin(['run', '-', '--nodes', '0'], { input: 'a: [' })).toMatchObject({ code: 2, stderr: expect.stringContaining('<stdin>:') as string });
  });

  it('leaves a whole log behind when it is interrupted', async () => {
    const path = join(place, 'interrupted.log');
    const child = start(['run', join(place, 'namespace.yaml'), '--nodes', '2', '--for', '1000h', '--log', path]);
    // The handler is there before the log grows beyond its header.
    while (!existsSync(path) || statSync(path).size < 4096) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    const replayed = kubetwin(['replay', path]);
    expect(replayed).toMatchObject({ code: 0, stdout: expect.stringMatching(/replayed \d+ records, every one the same/) as string });
  });
});

describe('kubetwin replay', () => {
  it('verifies a whole log', () => {
    expect(kubetwin(['replay', log])).toMatchObject({ code: 0 });
  });

  it('says what was dropped from a truncated log, and verifies the rest', () => {
    const bytes = readFileSync(log);
    const path = file('torn.log', bytes.subarray(0, bytes.length - 20));
    const { code, stdout } = kubetwin(['replay', path]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d+ bytes of a torn record were dropped/);
  });

  it('refuses a corrupt log with the offset', () => {
    const bytes = new Uint8Array(readFileSync(log));
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 0x10;
    const { code, stderr } = kubetwin(['replay', file('flipped.log', bytes)]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/byte \d+/);
  });

  it('refuses what is no log, and an empty file', () => {
    expect(kubetwin(['replay', file('text.log', 'this is no log at all, just text')])).toMatchObject({ code: 4 });
    expect(kubetwin(['replay', file('empty.log', '')])).toMatchObject({ code: 4 });
  });

  it('says that a log is missing', () => {
    expect(kubetwin(['replay', join(place, 'none.log')])).toMatchObject({ code: 2, stderr: expect.stringContaining('no such file') as string });
  });

  it.skipIf(process.getuid?.() === 0)('says that a log may not be read (skipped for root, who may read everything)', () => {
    const path = file('secret.log', readFileSync(log));
    chmodSync(path, 0);
    expect(kubetwin(['replay', path])).toMatchObject({ code: 2, stderr: expect.stringContaining('permission denied') as string });
  });
});

describe('a reader that has seen enough', () => {
  it.each([['serve', '--help'], ['get', 'LOG', 'all', '-o', 'json']])('of %s is no reason to complain', async (...args) => {
    const child = start(args.map((arg) => (arg === 'LOG' ? log : arg)));
    child.stdout?.destroy();
    let stderr = '';
    child.stderr?.on('data', (data: Buffer) => (stderr += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
