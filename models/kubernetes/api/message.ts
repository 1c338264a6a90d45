/**
 * What clients and the API server say to each other.
 *
 * A request is what an HTTP request to kube-apiserver means, already split into its parts, so that actors exchange
 * references to frozen objects and nothing is serialised. The HTTP facade translates real requests into the same
 * messages, so there is one API server for both. Response bodies are exactly the JSON that the real server would send
 * (objects, lists with `items`, or a `Status`).
 */
import type { KubeObject } from '../object/types.ts';
import type { StreamMessage } from './stream.ts';

/** What a request asks for, as upstream's `RequestInfo.verb` (apiserver/pkg/endpoints/request/requestinfo.go). */
export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection'
  | 'connect';

/** The four patch content types of the API. */
export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml';

/** Which collection a request addresses: `group` is `''` for the core group, `resource` is the lower-case plural. */
export interface GroupVersionResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** Who asks. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Query parameters with their upstream names; values stay strings, as on the wire. */
export type Query = Readonly<Record<string, string>>;

/** One API request. `id` is chosen by the client and is unique among the client's open requests. */
export interface ApiRequest extends GroupVersionResource {
  readonly kind: 'api.request';
  readonly id: number;
  readonly verb: Verb;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
  readonly query?: Query;
  /** The decoded body: an object, a patch, or DeleteOptions. */
  readonly body?: unknown;
  /** Paths of fields that stand twice in the body as it was sent; decoding it kept the last. */
  readonly duplicates?: readonly string[];
  /** For patches: one of {@link PatchType}; otherwise `application/json`. */
  readonly contentType?: string;
  /** The `Accept` header, when something else than plain JSON objects is wanted (Table, PartialObjectMetadata). */
  readonly accept?: string;
  readonly user: UserInfo;
  /** The `User-Agent`; its part before the first `/` is the default field manager. */
  readonly userAgent: string;
}

/** The answer to a request that is not a watch. `code` is the HTTP status code. */
export interface ApiResponse {
  readonly kind: 'api.response';
  readonly id: number;
  readonly code: number;
  readonly body: unknown;
  /** Texts of `Warning: 299` headers, in order. */
  readonly warnings?: readonly string[];
  /** Of an answer that a program in the cluster gave through the proxy: its headers; the body is text then. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch stream. For `ERROR` the object is a `Status`. */
export interface WatchEvent {
  readonly type: WatchEventType;
  readonly object: KubeObject;
}

/** Events of the watch that was opened by request `id`. The first batch (perhaps empty) says that the watch is open. */
export interface ApiWatchEvents {
  readonly kind: 'api.watch';
  readonly id: number;
  readonly events: readonly WatchEvent[];
}

/** The end of a watch: sent by the server when the stream ends, by the client to stop it. */
export interface ApiClose {
  readonly kind: 'api.close';
  readonly id: number;
}

export type ClientToServer = ApiRequest | ApiClose;
/** What comes back: an answer, a watch, or a stream for requests that connect to a pod (api/stream.ts). */
export type ServerToClient = ApiResponse | ApiWatchEvents | ApiClose | StreamMessage;
