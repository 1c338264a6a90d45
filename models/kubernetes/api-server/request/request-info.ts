/**
 * What an HTTP method and a URL ask for: `RequestInfo` of upstream.
 *
 * Pure and total: any path gives an answer, either the parts of a resource request or the fact that it is none. Whether
 * the resource exists is decided later. Upstream: apiserver/pkg/endpoints/request/requestinfo.go.
 */
import type { Query, Verb } from '../../api/message.ts';
import { isOn } from '../../api/query-flag.ts';

/** A request for resources. */
export interface ResourceRequest {
  readonly group: string;
  readonly version: string;
  readonly verb: Verb;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  /** Path segments after the subresource (`proxy/...`). */
  readonly rest: readonly string[];
}

/** The path without empty segments, percent-decoded; undefined when a segment is no valid encoding. */
export function segmentsOf(path: string): readonly string[] | undefined {
  const segments: string[] = [];
  for (const part of path.split('/')) {
    if (part === '') continue;
    const decoded = decodeSegment(part);
    if (decoded === undefined) return undefined;
    segments.push(decoded);
  }
  return segments;
}

function decodeSegment(part: string): string | undefined {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Query parameters; of repeated ones the first counts, except `command`, which keeps all joined by newlines. */
export function queryOf(search: string): Query {
  const query: Record<string, string> = {};
  for (const pair of search.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decodeQuery(at < 0 ? pair : pair.slice(0, at));
    if (name === '__proto__' || Object.prototype.hasOwnProperty.call(query, name)) continue;
    query[name] = at < 0 ? '' : decodeQuery(pair.slice(at + 1));
  }
  return query;
}

/** All values of one repeated parameter. */
export function queryValues(search: string, name: string): readonly string[] {
  const found: string[] = [];
  for (const pair of search.split('&')) {
    const at = pair.indexOf('=');
    if (at >= 0 && decodeQuery(pair.slice(0, at)) === name) found.push(decodeQuery(pair.slice(at + 1)));
  }
  return found;
}

const decodeQuery = (text: string): string => decodeSegment(text.replaceAll('+', ' ')) ?? text;

/** Subresources of namespaces; what else follows a namespace's name is a resource inside it. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

function verbOf(method: string, name: string | undefined, query: Query, isWatchPath: boolean): Verb | undefined {
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const watches = isWatchPath || isOn(query['watch']);
      if (name === undefined) return watches ? 'watch' : 'list';
      return isWatchPath ? 'watch' : 'get';
    }
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

/**
 * The parts of a resource request, or undefined for a path that is none (`/healthz`, `/apis/apps/v1`). `method` must be
 * one that the API knows; others give undefined as well.
 */
export function requestInfo(method: string, segments: readonly string[], query: Query): ResourceRequest | undefined {
  const [prefix] = segments;
  if (prefix !== 'api' && prefix !== 'apis') return undefined;
  const head = prefix === 'api' ? 2 : 3;
  const group = prefix === 'api' ? '' : (segments[1] ?? '');
  const version = segments[head - 1];
  let parts = segments.slice(head);
  if (version === undefined || parts.length === 0) return undefined;
  const isWatchPath = parts[0] === 'watch' && parts.length > 1;
  if (isWatchPath) parts = parts.slice(1);
  let namespace: string | undefined;
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1];
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '')) parts = parts.slice(2);
  }
  const [resource = '', name, subresource, ...rest] = parts;
  // Proxies take all methods; OPTIONS has no verb of its own.
  const verb = method === 'OPTIONS' && subresource === 'proxy' ? 'connect' : verbOf(method, name, query, isWatchPath);
  if (verb === undefined) return undefined;
  return {
    group,
    version,
    verb,
    resource,
    rest,
    ...(namespace === undefined || resource === 'namespaces' ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
