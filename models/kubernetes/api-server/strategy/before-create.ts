/**
 * What happens to every object before it is created: system metadata, names, the kind's own preparation, validation.
 * Source: apiserver/pkg/registry/rest/{create,meta}.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { HEX } from '../../object/hash.ts';
import { NEW } from '../../object/new.ts';
import type { KubeObject, ObjectMeta } from '../../object/types.ts';
import { put } from '../defaults/fill.ts';
import type { Context, KindInfo } from '../registry/kind.ts';
import type { FieldError } from '../status/field-error.ts';
import { invalid, plainError, type Status } from '../status/status.ts';
import { validateObjectMeta } from '../validation/metadata.ts';

/** Names are cut so that prefix and suffix fit 63 characters (names/generate.go). */
const GENERATED_PREFIX_MAX = 58;
const SUFFIX_LENGTH = 5;
/** Letters of generated suffixes: no vowels, so that no words appear (apimachinery/pkg/util/rand). */
const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** Fills system metadata of a new object: uid and creation time; what the client must not set is cleared. */
export function fillMetadata(info: KindInfo, object: KubeObject, context: Context): KubeObject {
  const metadata: { -readonly [Member in keyof ObjectMeta]: ObjectMeta[Member] } = { ...NEW, ...unset(object.metadata) };
  if (info.namespaced) metadata.namespace = context.namespace;
  metadata.uid = uuid(context);
  metadata.creationTimestamp = context.now;
  return { ...object, metadata };
}

/** Metadata without what the client must not set; mostly there is nothing of it. */
function unset(metadata: ObjectMeta & { readonly selfLink?: string }): ObjectMeta {
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, selfLink } = metadata;
  if (deletionTimestamp === undefined && deletionGracePeriodSeconds === undefined && generation === undefined && selfLink === undefined) return metadata;
  const { deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, generation: _generation, selfLink: _self, ...rest } = metadata;
  return rest;
}

/** Gives an object without a name one that begins with its `generateName`. Mutating admission comes before, validating after. */
export function withName(object: KubeObject, context: Context): KubeObject {
  const { name, generateName: prefix } = object.metadata;
  return name || !prefix ? object : { ...object, metadata: put(object.metadata, 'name', generateName(prefix, context)) };
}

/** A name of `prefix` and five random letters. */
function generateName(prefix: string, context: Context): string {
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i++) suffix += SUFFIX_ALPHABET[context.choose('generate-name', SUFFIX_ALPHABET.length)] as string;
  return prefix.slice(0, GENERATED_PREFIX_MAX) + suffix;
}

/** Prepares and validates. The object has its system metadata. */
export function beforeCreate(info: KindInfo, object: KubeObject, context: Context): Either<Status, KubeObject> {
  if ((object.metadata.resourceVersion ?? '') !== '') return left(plainError('resourceVersion should not be set on objects to be created'));
  const prepared = info.strategy.prepareForCreate(object, context);
  const errors: FieldError[] = [
    ...validateObjectMeta(prepared.metadata, info.namespaced, info.strategy.validateName, 'metadata'),
    ...info.strategy.validate(prepared, context),
  ];
  if (errors.length > 0) return left(invalid(info, prepared.metadata.name ?? '', errors));
  return right(prepared);
}

/** A version 4 UUID from four draws. */
export function uuid(context: Pick<Context, 'choose'>): string {
  const first = context.choose('uid', 4294967296);
  const second = (context.choose('uid', 4294967296) & 0xffff0fff) | 0x4000; // Four bits say the version,
  const third = (context.choose('uid', 4294967296) & 0x3fffffff) | 0x80000000; // two the variant.
  const fourth = context.choose('uid', 4294967296);
  return `${upper(first)}${lower(first)}-${upper(second)}-${lower(second)}-${upper(third)}-${lower(third)}${upper(fourth)}${lower(fourth)}`;
}

/** The first and the last four digits of a word. */
const upper = (word: number): string => (HEX[word >>> 24] as string) + (HEX[(word >>> 16) & 255] as string);
const lower = (word: number): string => (HEX[(word >>> 8) & 255] as string) + (HEX[word & 255] as string);
