/**
 * JSON Patch (RFC 6902), as the API server applies it.
 *
 * Written here rather than taken from a library because the object must stay shared and unmutated, and because the
 * details that a client can see (negative indices, `test` of an absent path against null, which failure is 400 and
 * which 422) are those of the server's own library.
 * Upstream: apiserver/pkg/endpoints/handlers/patch.go (jsonPatcher), gopkg.in/evanphx/json-patch.v4.
 */
import * as Either from 'fp-ts/lib/Either.js';
import { jsonType } from '../schema/decode.ts';
import { badRequest, rejectedPatch, requestEntityTooLarge } from '../status/status.ts';
import type { Status } from '../status/status.ts';
import { has, isObject, jsonEqual, mutableCopy, own, setOwn } from './json-value.ts';

/** maxJSONPatchOperations in apiserver/pkg/endpoints/handlers/patch.go. */
const MAXIMUM_OPERATIONS = 10_000;

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** Why an operation did not apply. The server keeps the reason to itself, tests do not. */
class Inapplicable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

const inapplicable = (reason: string): Inapplicable => new Inapplicable(reason);

const tokens = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));

const INDEX = /^-?\d+$/;

/** Position of a token in an array of `length`; negative counts from the end. */
function position(token: string, length: number): number | undefined {
  if (!INDEX.test(token)) return undefined;
  const at = Number(token);
  const from = at < 0 ? at + length : at;
  return from >= 0 ? from : undefined;
}

/** The value at a path, or undefined when there is none. */
function find(document: unknown, path: readonly string[]): unknown {
  let at = document;
  for (const token of path) {
    if (Array.isArray(at)) {
      const index = position(token, at.length);
      at = index === undefined ? undefined : at[index];
    } else if (isObject(at)) at = own(at, token);
    else return undefined;
  }
  return at;
}

type Edit = (container: unknown, token: string) => unknown;

/** Replaces the container that holds the last token by what `edit` makes of it, copying only the way down. */
function edited(node: unknown, path: readonly string[], depth: number, edit: Edit): unknown {
  const token = path[depth];
  if (token === undefined) return inapplicable('the path is empty');
  if (depth === path.length - 1) return edit(node, token);
  if (Array.isArray(node)) {
    const at = position(token, node.length);
    if (at === undefined || at >= node.length) return inapplicable(`no element ${token}`);
    const inner = edited(node[at], path, depth + 1, edit);
    return inner instanceof Inapplicable ? inner : node.with(at, inner);
  }
  if (!isObject(node) || !has(node, token)) return inapplicable(`no member ${token}`);
  const inner = edited(node[token], path, depth + 1, edit);
  if (inner instanceof Inapplicable) return inner;
  const copy = mutableCopy(node);
  setOwn(copy, token, inner);
  return copy;
}

const add =
  (value: unknown): Edit =>
  (container, token) => {
    if (Array.isArray(container)) {
      if (token === '-') return [...container, value];
      if (!INDEX.test(token)) return inapplicable(`not an index: ${token}`);
      const raw = Number(token);
      const at = raw < 0 ? raw + container.length + 1 : raw;
      return at < 0 || at > container.length ? inapplicable('index out of bounds') : container.toSpliced(at, 0, value);
    }
    if (!isObject(container)) return inapplicable('the parent is no container');
    const copy = mutableCopy(container);
    setOwn(copy, token, value);
    return copy;
  };

const remove: Edit = (container, token) => {
  if (Array.isArray(container)) {
    const at = position(token, container.length);
    return at === undefined || at >= container.length ? inapplicable('no such element') : container.toSpliced(at, 1);
  }
  if (!isObject(container) || !has(container, token)) return inapplicable(`no member ${token}`);
  const copy = mutableCopy(container);
  delete copy[token];
  return copy;
};

const replace =
  (value: unknown): Edit =>
  (container, token) => {
    if (Array.isArray(container)) {
      const at = position(token, container.length);
      return at === undefined || at >= container.length ? inapplicable('no such element') : container.with(at, value);
    }
    if (!isObject(container) || !has(container, token)) return inapplicable(`no member ${token}`);
    const copy = mutableCopy(container);
    setOwn(copy, token, value);
    return copy;
  };

function apply(document: unknown, operation: Operation): unknown {
  const path = tokens(operation.path);
  switch (operation.op) {
    case 'add':
      return edited(document, path, 0, add(operation.value));
    case 'remove':
      return edited(document, path, 0, remove);
    case 'replace':
      return edited(document, path, 0, replace(operation.value));
    case 'test': {
      const found = find(document, path);
      const equal = found === undefined ? operation.value === null : jsonEqual(found, operation.value ?? null);
      return equal ? document : inapplicable(`testing value ${operation.path} failed`);
    }
    case 'move':
    case 'copy': {
      const from = tokens(operation.from ?? '');
      const value = find(document, from);
      if (value === undefined) return inapplicable(`nothing at ${operation.from ?? ''}`);
      const base = operation.op === 'copy' ? document : edited(document, from, 0, remove);
      return base instanceof Inapplicable ? base : edited(base, path, 0, add(value));
    }
    default:
      return inapplicable(`unexpected kind: ${operation.op}`);
  }
}

/** The operations of a patch document, or 400 when the document is no list of operations. */
function decode(patch: unknown): Either.Either<Status, readonly Operation[]> {
  if (patch === null) return Either.right([]);
  const cannot = (value: unknown, type: string): Either.Either<Status, never> =>
    Either.left(badRequest(`error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go value of type ${type}`));
  if (!Array.isArray(patch)) return cannot(patch, '[]handlers.jsonPatchOp');
  for (const entry of patch as readonly unknown[]) {
    if (!isObject(entry)) return cannot(entry, 'handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from']) {
      const value = own(entry, field);
      if (value !== undefined && value !== null && typeof value !== 'string') {
        return Either.left(
          badRequest(
            `error decoding patch: json: cannot unmarshal ${jsonType(value)} into Go struct field jsonPatchOp.${field} of type string`,
          ),
        );
      }
    }
  }
  return Either.right(
    (patch as readonly Record<string, unknown>[]).map((entry) => ({
      op: (entry['op'] as string | undefined) ?? '',
      path: (entry['path'] as string | undefined) ?? '',
      ...(typeof entry['from'] === 'string' ? { from: entry['from'] } : {}),
      ...(has(entry, 'value') ? { value: entry['value'] } : {}),
    })),
  );
}

/** Applies a JSON patch. Left: 400 for a malformed document, 413 for too many operations, 422 when it does not apply. */
export function applyJsonPatch(current: unknown, patch: unknown): Either.Either<Status, unknown> {
  const decoded = decode(patch);
  if (Either.isLeft(decoded)) return decoded;
  const operations = decoded.right;
  if (operations.length > MAXIMUM_OPERATIONS) {
    return Either.left(
      requestEntityTooLarge(
        `The allowed maximum operations in a JSON patch is ${MAXIMUM_OPERATIONS}, got ${operations.length}`,
      ),
    );
  }
  let document = current;
  for (const operation of operations) {
    document = apply(document, operation);
    if (document instanceof Inapplicable) return Either.left(rejectedPatch());
  }
  return Either.right(document);
}
