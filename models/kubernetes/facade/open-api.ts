/**
 * `/openapi/v2` and `/openapi/v3`: documents made at the first request and kept until the set of kinds changes.
 *
 * Upstream: kube-openapi/pkg/{handler,handler3}.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { documentPaths, openApiV2, openApiV3 } from '../api-server/discovery/open-api.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import { mediaTypes } from './accept.ts';
import { send, sendPageNotFound } from './connection.ts';
import { describeField } from './field-documentation.ts';
import { openApiProtobuf } from './open-api-protobuf.ts';

/** What clients ask for (the older name is no media type for Go's parser), and what the answer is called. */
const V2_PROTOBUF_ASKED = ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'];
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

interface Document {
  readonly body: Buffer;
  readonly hash: string;
}

export class OpenApi {
  private readonly kinds: () => readonly KindInfo[];
  private known: readonly KindInfo[] = [];
  private readonly documents = new Map<string, Document>();

  constructor(kinds: () => readonly KindInfo[]) {
    this.kinds = kinds;
  }

  serve(request: IncomingMessage, response: ServerResponse, path: string): void {
    const kinds = this.current();
    if (path === '/openapi/v2') {
      const isProtobuf = mediaTypes(request.headers.accept).some(({ type }) => V2_PROTOBUF_ASKED.includes(type));
      const document = this.document(isProtobuf ? 'v2.pb' : 'v2', () => {
        const whole = openApiV2(kinds, describeField);
        return isProtobuf ? openApiProtobuf(whole.definitions, kinds) : Buffer.from(JSON.stringify(whole));
      });
      return this.answer(request, response, document, isProtobuf ? V2_PROTOBUF : 'application/json');
    }
    if (path === '/openapi/v3' || path === '/openapi/v3/') return this.index(request, response, kinds);
    const wanted = documentPaths(kinds).find((entry) => path === `/openapi/v3/${entry.path}`);
    if (wanted === undefined) return sendPageNotFound(request, response);
    return this.answer(request, response, this.version3(kinds, wanted), 'application/json');
  }

  /** The kinds now; all documents are dropped when they changed. */
  private current(): readonly KindInfo[] {
    const kinds = this.kinds();
    if (kinds !== this.known) {
      this.documents.clear();
      this.known = kinds;
    }
    return kinds;
  }

  private document(name: string, make: () => Buffer): Document {
    let document = this.documents.get(name);
    if (document === undefined) {
      const body = make();
      document = { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() };
      this.documents.set(name, document);
    }
    return document;
  }

  private version3(kinds: readonly KindInfo[], wanted: { path: string; group: string; version: string }): Document {
    return this.document(wanted.path, () => Buffer.from(JSON.stringify(openApiV3(kinds, wanted.group, wanted.version, describeField))));
  }

  private index(request: IncomingMessage, response: ServerResponse, kinds: readonly KindInfo[]): void {
    const paths: Record<string, unknown> = {};
    for (const entry of documentPaths(kinds)) {
      const { hash } = this.version3(kinds, entry);
      paths[entry.path] = { serverRelativeURL: `/openapi/v3/${entry.path}?hash=${hash}` };
    }
    send(request, response, 200, 'application/json', JSON.stringify({ paths }));
  }

  private answer(request: IncomingMessage, response: ServerResponse, { body, hash }: Document, type: string): void {
    const tag = `"${hash}"`;
    response.setHeader('ETag', tag);
    if (request.headers['if-none-match'] === tag) {
      response.writeHead(304);
      response.end();
    } else send(request, response, 200, type, body);
  }
}
