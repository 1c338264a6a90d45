import { describe, expect, it } from 'vitest';
import { parseImageName } from './image-name.ts';

const SHA = 'a'.repeat(64);

describe('names of images', () => {
  it.each([
    ['busybox', 'latest', ''],
    ['busybox:1.36', '1.36', ''],
    ['registry.k8s.io/pause:3.10', '3.10', ''],
    ['localhost:5000/a/b', 'latest', ''],
    [`busybox@sha256:${SHA}`, '', `sha256:${SHA}`],
    [`a/b:v1@sha256:${SHA}`, 'v1', `sha256:${SHA}`],
    ['[2001:db8::1]:5000/a', 'latest', ''],
    ['Registry/a', 'latest', ''],
  ])('%s has tag and digest', (name, tag, digest) => {
    expect(parseImageName(name)).toEqual({ tag, digest });
  });

  it.each([
    ['Bad Image!', 'invalid reference format: repository name (library/Bad Image!) must be lowercase'],
    ['BusyBox', 'invalid reference format: repository name (library/BusyBox) must be lowercase'],
    ['docker.io/Foo/bar', 'invalid reference format: repository name (Foo/bar) must be lowercase'],
    ['a b', 'invalid reference format'],
    ['', 'invalid reference format'],
    ['busybox:', 'invalid reference format'],
    ['busybox:-x', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    [SHA, `invalid repository name (${SHA}), cannot specify 64-byte hexadecimal strings`],
    [`busybox@sha256:${'a'.repeat(40)}`, 'invalid checksum digest length'],
    [`busybox@md5:${'a'.repeat(32)}`, 'unsupported digest algorithm'],
    [`busybox@sha256:${'A'.repeat(64)}`, 'invalid checksum digest format'],
    ['x'.repeat(250), 'repository name must not be more than 255 characters'],
  ])('%s is none', (name, why) => {
    expect(parseImageName(name)).toBe(`couldn't parse image name ${JSON.stringify(name)}: ${why}`);
  });
});
