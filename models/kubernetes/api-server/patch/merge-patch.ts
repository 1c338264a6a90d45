/**
 * JSON merge patch (RFC 7386): null deletes, objects merge, everything else replaces.
 *
 * A patch that changes nothing gives back the very object it was given, which is how the write path recognises a no-op.
 * Upstream: apiserver/pkg/endpoints/handlers/patch.go (jsonPatcher), gopkg.in/evanphx/json-patch.v4 merge.go.
 */
import * as Either from 'fp-ts/lib/Either.js';
import { badRequest } from '../status/status.ts';
import type { Status } from '../status/status.ts';
import { has, isObject, jsonEqual, mutableCopy, noMapError, own, setOwn } from './json-value.ts';
import type { JsonObject } from './json-value.ts';

/** A patch value that lands where nothing was: its nulls have nothing to delete and vanish. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) if (value[key] !== null) setOwn(out, key, withoutNulls(value[key]));
  return out;
}

/** Merges a patch into an object; shares all that stays equal. */
export function mergeJson(current: JsonObject, patch: JsonObject): JsonObject {
  let out: Record<string, unknown> | undefined;
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    const before = own(current, key);
    if (change === null) {
      if (has(current, key)) delete (out ??= mutableCopy(current))[key];
      continue;
    }
    const after = isObject(change) && isObject(before) ? mergeJson(before, change) : withoutNulls(change);
    if (after === before || (before !== undefined && jsonEqual(before, after))) continue;
    setOwn((out ??= mutableCopy(current)), key, after);
  }
  return out ?? current;
}

/** Applies a merge patch to an object; 400 when the patch is no JSON object. */
export function applyMergePatch(current: JsonObject, patch: unknown): Either.Either<Status, JsonObject> {
  if (isObject(patch)) return Either.right(mergeJson(current, patch));
  if (patch === null) return Either.right(current);
  return Either.left(badRequest(`error decoding patch: ${noMapError(patch)}`));
}
