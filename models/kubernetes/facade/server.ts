/**
 * The HTTP facade: real clients talk to a simulation through it.
 *
 * It routes, authenticates, and translates; whatever concerns the API's objects goes through the seam as a message. It
 * must survive every client: no input throws past {@link HttpFacade}, every body and backlog is bounded, and a client
 * that disappears leaves nothing behind. Upstream: apiserver/pkg/server (handlers, filters, routes).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { UserInfo } from '../api/message.ts';
import { claimsOf, DISCOVERY_PATH, JWKS_PATH, keySet, openIdConfiguration } from '../api-server/authentication/service-account-token.ts';
import * as discovery from '../api-server/discovery/discovery.ts';
import { queryOf, requestInfo, type ResourceRequest, segmentsOf } from '../api-server/request/request-info.ts';
import { methodNotAllowed, plainError, unauthorized } from '../api-server/status/status.ts';
import { aggregatedVersion } from './accept.ts';
import { send, sendObject, sendPageNotFound, sendStatus, sendText } from './connection.ts';
import { handleControl } from './control.ts';
import { Metrics } from './metrics.ts';
import { OpenApi } from './open-api.ts';
import { handleResource } from './resource-handler.ts';
import type { Seam } from './seam.ts';
import { handleUpgrade, isUpgradable, refuseUpgrade } from './upgrade.ts';
import { VERSION } from '../api-server/discovery/version.ts';

export interface FacadeOptions {
  /** Default 127.0.0.1: a simulation is nothing to open to a network unasked. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** When set, requests must carry it as a bearer token. */
  readonly token?: string;
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Who a client is unless it impersonates somebody. */
const ADMIN: UserInfo = { name: 'admin', uid: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Connections that may wait to be accepted: thousands of clients come at once when they have lost theirs. */
const BACKLOG = 4096;

const HEALTH: ReadonlySet<string> = new Set(['healthz', 'livez', 'readyz']);
const HEALTH_CHECKS = ['ping', 'log', 'etcd', 'informer-sync', 'poststarthook/start-apiserver-admission-initializer'];

export class HttpFacade {
  readonly metrics = new Metrics();
  private readonly seam: Seam;
  private readonly options: FacadeOptions;
  private readonly server: Server;
  private readonly openApi: OpenApi;
  private readonly sockets = new Set<Socket>();

  constructor(seam: Seam, options: FacadeOptions = {}) {
    this.seam = seam;
    this.options = options;
    this.openApi = new OpenApi(() => seam.kinds());
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.handle(request, response);
    this.server = options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
    // Watches live as long as they like; a client that is slow to send its headers or body does not.
    this.server.headersTimeout = 30_000;
    this.server.requestTimeout = 60_000;
    this.server.keepAliveTimeout = 90_000;
    this.server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request');
    });
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    this.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      // Other requests may offer an upgrade too (h2c); they are answered as if they had not.
      if (!isUpgradable(request)) return this.answerPlainly(request, socket);
      const user = this.authenticate(request);
      if (user === undefined) refuseUpgrade(socket, 401, unauthorized());
      else handleUpgrade(this.seam, request, socket, head, user);
    });
  }

  /** Starts to listen; resolves with the base URL. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ port: this.options.port ?? 0, host: this.options.host ?? '127.0.0.1', backlog: BACKLOG }, () => resolve(this.url()));
    });
  }

  /** The base URL, once it listens. */
  url(): string {
    const address = this.server.address() as AddressInfo | null;
    const host = address === null ? 'localhost' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `${this.options.tls === undefined ? 'http' : 'https'}://${host}:${address?.port ?? 0}`;
  }

  /** Host and port, once it listens. */
  private address(): string {
    return this.url().replace(/^https?:\/\//, '');
  }

  /** Cuts every connection, as a network that fails does; the server goes on. */
  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Stops listening and drops all connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy());
    this.serve(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendStatus(request, response, plainError(`panic in the facade: ${String((error as Error)?.message ?? error)}`));
    });
  }

  private answerPlainly(request: IncomingMessage, socket: Socket): void {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.end());
    this.handle(request, response);
  }

  private authenticate(request: IncomingMessage): UserInfo | undefined {
    const { token } = this.options;
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (token !== undefined) {
      const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
      if (!timingSafeEqual(digest(given), digest(token))) return undefined;
    }
    // Whoever shows no token of a service account of this cluster is its administrator.
    const user = claimsOf(given) === undefined ? ADMIN : this.seam.authenticate(given);
    const impersonated = request.headers['impersonate-user'];
    if (user === undefined || typeof impersonated !== 'string' || impersonated === '') return user;
    return impersonatedUser(request, impersonated);
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = (request.url ?? '/').split('?', 2);
    const segments = segmentsOf(path);
    if (segments === undefined) return sendText(request, response, 400, '400 Bad Request');
    const user = this.authenticate(request);
    if (user === undefined) return sendStatus(request, response, unauthorized());
    if (segments[0] === '_sim') return handleControl(this.seam, request, response, path);
    const asked = requestInfo(request.method ?? '', segments, queryOf(search));
    if (this.isUnroutedMethod(request.method, segments, asked)) return sendStatus(request, response, methodNotAllowed());
    if (asked !== undefined) {
      return handleResource({ seam: this.seam, metrics: this.metrics }, request, response, asked, user);
    }
    return this.serveOther(request, response, segments, path);
  }

  /** The router has a route for each verb of a resource and one for the version: HEAD and OPTIONS are none of them, but for proxies. */
  private isUnroutedMethod(method: string | undefined, segments: readonly string[], asked: ResourceRequest | undefined): boolean {
    if (segments.length === 1 && segments[0] === 'version') return method !== 'GET';
    if (asked !== undefined && (method !== 'HEAD' || asked.subresource === 'proxy')) return false;
    const read = requestInfo('GET', segments, {});
    return read !== undefined && this.seam.kinds().some(({ group, resource, versions }) => group === read.group && resource === read.resource && versions.some(({ version }) => version === read.version));
  }

  private serveOther(request: IncomingMessage, response: ServerResponse, segments: readonly string[], path: string): void {
    const [first = ''] = segments;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) return sendPageNotFound(request, response);
    if (HEALTH.has(first)) return this.health(request, response, segments);
    if (first === 'version') return sendIndented(request, response, VERSION);
    if (first === 'metrics') {
      const seconds = this.seam.status().now / 1_000_000;
      return send(request, response, 200, 'text/plain; version=0.0.4; charset=utf-8', this.metrics.text(seconds));
    }
    if (path === DISCOVERY_PATH) return send(request, response, 200, 'application/json', JSON.stringify(openIdConfiguration(this.address())));
    if (path === JWKS_PATH) return send(request, response, 200, 'application/jwk-set+json', JSON.stringify(keySet()));
    if (first === 'openapi') return this.openApi.serve(request, response, path);
    if (first === 'api' || first === 'apis') return this.discover(request, response, segments);
    if (segments.length === 0) return sendIndented(request, response, { paths: this.paths() });
    return sendPageNotFound(request, response);
  }

  private paths(): readonly string[] {
    const groups = [...new Set(this.seam.kinds().filter(({ group }) => group !== '').flatMap(({ group, versions }) => [`/apis/${group}`, ...versions.map(({ version }) => `/apis/${group}/${version}`)]))];
    return ['/api', '/api/v1', '/apis', '/apis/', ...groups, '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/readyz', '/version'].toSorted();
  }

  private health(request: IncomingMessage, response: ServerResponse, segments: readonly string[]): void {
    const [kind = '', ...check] = segments;
    if (check.length > 0) {
      return HEALTH_CHECKS.includes(check.join('/')) ? sendText(request, response, 200, 'ok') : sendPageNotFound(request, response);
    }
    const isVerbose = 'verbose' in queryOf((request.url ?? '').split('?')[1] ?? '');
    if (!isVerbose) return sendText(request, response, 200, 'ok');
    return sendText(request, response, 200, `${HEALTH_CHECKS.map((name) => `[+]${name} ok`).join('\n')}\n${kind} check passed\n`);
  }

  private discover(request: IncomingMessage, response: ServerResponse, segments: readonly string[]): void {
    const format = segments.length === 1 ? aggregatedVersion(request.headers.accept) : undefined;
    if (format !== undefined) return this.aggregated(request, response, segments[0] === 'api', format);
    const body = discovery.discoveryDocument(this.seam.kinds(), segments, this.address());
    return body === undefined ? sendPageNotFound(request, response) : sendObject(request, response, 200, body);
  }

  private aggregated(request: IncomingMessage, response: ServerResponse, isCore: boolean, format: 'v2' | 'v2beta1'): void {
    const text = `${JSON.stringify(discovery.aggregatedDiscovery(this.seam.kinds(), isCore, format))}\n`;
    const tag = `"${createHash('sha512').update(text).digest('hex').toUpperCase()}"`;
    response.setHeader('ETag', tag);
    response.setHeader('Vary', 'Accept');
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304);
      response.end();
      return;
    }
    send(request, response, 200, `application/json;g=apidiscovery.k8s.io;v=${format};as=APIGroupDiscoveryList`, text);
  }
}

/** Whom the headers name (endpoints/filters/impersonation.go): a service account has its groups unless others are asked for. */
function impersonatedUser({ headers, headersDistinct }: IncomingMessage, name: string): UserInfo {
  const asked = (headersDistinct['impersonate-group'] ?? []).flatMap((text) => text.split(',')).map((text) => text.trim());
  const account = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name);
  const own = account !== null && asked.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account[1] ?? ''}`] : [];
  const last = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  const groups = [...own, ...asked.filter((group) => group !== last), last];
  const uid = headers['impersonate-uid'];
  const extra = Object.entries(headersDistinct).filter(([key]) => key.startsWith('impersonate-extra-')).map(([key, values]) => [decodeURIComponent(key.slice('impersonate-extra-'.length)), values ?? []] as const);
  return { name, groups, ...(typeof uid === 'string' ? { uid } : {}), ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }) };
}

/** As responsewriters.WriteRawJSON does: always for people. */
const sendIndented = (request: IncomingMessage, response: ServerResponse, body: unknown): void => send(request, response, 200, 'application/json', JSON.stringify(body, null, 2));
