/** `agnhost test-webserver`: the container's files over HTTP, with listings of directories (Go's net/http FileServer). */
import type { HttpRequest, HttpResponse } from '../../../api/net.ts';
import type { System } from '../../process/system.ts';
import type { Run } from '../../process/wait.ts';
import { serveHttp } from '../http.ts';
import { numberFlag } from './flag.ts';

const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', json: 'application/json', js: 'text/javascript; charset=utf-8' };
const NOT_FOUND: HttpResponse = { status: 404, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' };

export function* fileServer(system: System, words: readonly string[]): Run {
  return yield* serveHttp(system, { ports: [numberFlag(words, 'port', 80)], stop: { TERM: 2, INT: 2 }, handle: (request) => serve(system, request) });
}

function serve(system: System, request: HttpRequest): HttpResponse {
  const path = decoded(request.path.replace(/[?#].*$/, ''));
  if (path.endsWith('/index.html')) return { status: 301, headers: { Location: './' }, body: '' };
  const inode = system.files.lookup(path);
  if (typeof inode === 'string') return NOT_FOUND;
  if (inode.kind !== 'directory') {
    const content = system.files.read(path);
    return content === undefined ? NOT_FOUND : { status: 200, headers: { 'Content-Type': TYPES[path.replace(/^.*\./, '')] ?? 'text/plain; charset=utf-8' }, body: content };
  }
  if (!path.endsWith('/')) return { status: 301, headers: { Location: `${path.replace(/^.*\//, '')}/` }, body: '' };
  const index = system.files.read(`${path}index.html`);
  if (index !== undefined) return { status: 200, headers: { 'Content-Type': TYPES['html'] ?? '' }, body: index };
  const names = system.files.list(path);
  if (typeof names === 'string') return { status: 500, body: 'Error reading directory\n' };
  const lines = [...names].sort((a, b) => (a < b ? -1 : 1)).map((name) => {
    const kind = system.files.lookup(`${path}${name}`, { follow: false });
    const shown = typeof kind !== 'string' && kind.kind === 'directory' ? `${name}/` : name;
    return `<a href="${encodeURI(shown)}">${shown}</a>\n`;
  });
  return { status: 200, headers: { 'Content-Type': TYPES['html'] ?? '' }, body: `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n` };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
