/**
 * URLs as Go reads them, with Go's words for those that are none.
 * Source: net/url/url.go (`Parse`).
 */
import { type Either, isLeft, left, right } from 'fp-ts/lib/Either.js';
import { goQuote } from '../status/go-format.ts';

/** What of a URL has rules of its own. */
export interface ParsedUrl {
  readonly scheme: string;
  readonly host: string;
  readonly userInfo?: string;
  readonly query: string;
  readonly fragment: string;
}

const HEX_PAIR = /^%[0-9A-Fa-f]{2}$/;
const HOST_LETTER = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%]$/;
const USER_INFO = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

/** The first escape that is none (unescape). */
function escapeError(text: string): string | undefined {
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 1)) {
    const escape = text.slice(at, at + 3);
    if (!HEX_PAIR.test(escape)) return `invalid URL escape ${goQuote(escape)}`;
  }
  return undefined;
}

/** getScheme. */
function schemeOf(text: string): Either<string, { readonly scheme: string; readonly rest: string }> {
  if (text.startsWith(':')) return left('missing protocol scheme');
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text);
  const scheme = match?.[1] ?? '';
  return right({ scheme: scheme.toLowerCase(), rest: scheme === '' ? text : text.slice(scheme.length + 1) });
}

/** parseHost. */
function hostError(host: string): string | undefined {
  const close = host.startsWith('[') ? host.lastIndexOf(']') : -1;
  if (host.startsWith('[') && close < 0) return "missing ']' in host";
  const colon = close >= 0 ? close + 1 : host.lastIndexOf(':');
  const port = colon < 0 ? '' : host.slice(colon);
  if (!/^(:[0-9]*)?$/.test(port)) return `invalid port ${goQuote(port)} after host`;
  const wrong = escapeError(host);
  if (wrong !== undefined) return wrong;
  const odd = [...host].find((letter) => letter < '\u0080' && !HOST_LETTER.test(letter));
  return odd === undefined ? undefined : `invalid character ${goQuote(odd)} in host name`;
}

/** parseAuthority. */
function authorityError(userInfo: string | undefined, host: string): string | undefined {
  const wrong = hostError(host);
  if (wrong !== undefined || userInfo === undefined) return wrong;
  return USER_INFO.test(userInfo) ? escapeError(userInfo) : 'net/url: invalid userinfo';
}

function parseParts(text: string): Either<string, Omit<ParsedUrl, 'fragment'>> {
  if ([...text].some((character) => character < ' ' || character === '\u007f')) return left('net/url: invalid control character in URL');
  const found = schemeOf(text);
  if (isLeft(found)) return found;
  const { scheme } = found.right;
  const mark = found.right.rest.indexOf('?');
  const rest = mark < 0 ? found.right.rest : found.right.rest.slice(0, mark);
  const query = mark < 0 ? '' : found.right.rest.slice(mark + 1);
  if (!rest.startsWith('/')) {
    if (scheme !== '') return right({ scheme, host: '', query });
    if ((rest.split('/')[0] as string).includes(':')) return left('first path segment in URL cannot contain colon');
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'));
  const slash = hasAuthority ? rest.indexOf('/', 2) : 0;
  const authority = hasAuthority ? rest.slice(2, slash < 0 ? undefined : slash) : '';
  const at = authority.lastIndexOf('@');
  const userInfo = at < 0 ? undefined : authority.slice(0, at);
  const host = authority.slice(at + 1);
  const wrong = authorityError(userInfo, host) ?? escapeError(slash < 0 ? '' : rest.slice(slash));
  return wrong === undefined ? right({ scheme, host, query, ...(userInfo === undefined ? {} : { userInfo }) }) : left(wrong);
}

/** `url.Parse`. Left: the text of Go's error. */
export function parseUrl(text: string): Either<string, ParsedUrl> {
  const hash = text.indexOf('#');
  const main = hash < 0 ? text : text.slice(0, hash);
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  const parts = parseParts(main);
  if (isLeft(parts)) return left(`parse ${goQuote(main)}: ${parts.left}`);
  const wrong = escapeError(fragment);
  return wrong === undefined ? right({ ...parts.right, fragment }) : left(`parse ${goQuote(text)}: ${wrong}`);
}
