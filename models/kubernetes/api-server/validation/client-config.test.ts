import { describe, expect, it } from 'vitest';
import { errorText } from '../status/field-error.ts';
import { validateServiceOrUrl } from './client-config.ts';

const FORM = '; desired format: https://host[/path]';
const SCHEME = `'https' is the only allowed URL scheme${FORM}`;
const HOST = `Invalid value: "": host must be specified${FORM}`;
const linesOf = (config: Readonly<Record<string, unknown>>): string[] =>
  validateServiceOrUrl(config, 'c').map((error) => errorText(error).replace(/a lowercase RFC 1123 subdomain must .*$/, '…'));
const notUrl = (text: string): string[] => [`Required value: url must be a valid URL: parse ${text}${FORM}`];

describe('a URL of a webhook', () => {
  it.each<[string, string[]]>([
    ['https://example.com/x', []],
    ['HTTPS://example.com:8443', []],
    ['', [`Invalid value: "": ${SCHEME}`, HOST]],
    [' x', [`Invalid value: "": ${SCHEME}`, HOST]],
    ['a:b/c', [`Invalid value: "a": ${SCHEME}`, HOST]],
    ['https:opaque', [HOST]],
    ['https://u:p@h/x?q#f', [
      'Invalid value: "u:p": user information is not permitted in the URL',
      'Invalid value: "f": fragments are not permitted in the URL',
      'Invalid value: "q": query parameters are not permitted in the URL',
    ]],
    ['::1', notUrl('"::1": missing protocol scheme')],
    ['1a:b', notUrl('"1a:b": first path segment in URL cannot contain colon')],
    ['http://[::1', notUrl('"http://[::1": missing \']\' in host')],
    ['https://a:b/x', notUrl('"https://a:b/x": invalid port ":b" after host')],
    ['https://a b/', notUrl('"https://a b/": invalid character " " in host name')],
    ['https://a%zz/', notUrl('"https://a%zz/": invalid URL escape "%zz"')],
    ['5%', notUrl('"5%": invalid URL escape "%"')],
    ['https://a/\n', notUrl('"https://a/\\n": net/url: invalid control character in URL')],
  ])('%j', (url, expected) => {
    expect(linesOf({ url })).toEqual(expected.map((text) => `c.url: ${text}`));
  });
});

describe('a service of a webhook', () => {
  const service = { name: 's', namespace: 'n', port: 443 };
  it.each<[string, object, string[]]>([
    ['a path', { path: '/a/b/' }, []],
    ['a path that does not begin', { path: 'aB' }, ['path: Invalid value: "aB": must start with a \'/\'', 'path: Invalid value: "aB": segment[0]: …']],
    ['a short path that does not begin', { path: '*' }, ['path: Invalid value: "*": must start with a \'/\'', 'path: Invalid value: "*": segment[0] may not be empty']],
    ['no name', { name: '' }, ['namespace: Required value: service namespace is required']],
    ['no namespace', { namespace: '' }, ['name: Required value: service name is required']],
    ['a port that is none', { port: 0 }, ['port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive']],
  ])('with %s', (_, more, expected) => {
    expect(linesOf({ service: { ...service, ...more } })).toEqual(expected.map((text) => `c.service.${text}`));
  });
});
