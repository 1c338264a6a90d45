/**
 * Protobuf answers: objects, lists, Statuses and watch events as client-go's typed clients ask for them.
 *
 * The inverse of decode.ts over the same rules. A body is `k8s\0` and an envelope that names the type; a watch is a
 * sequence of frames, each four bytes of length and a bare WatchEvent whose object is an envelope of its own.
 * Upstream: apimachinery/pkg/runtime/serializer/protobuf/protobuf.go, apimachinery/pkg/util/framer/framer.go.
 */
import protobuf from 'protobufjs/minimal.js';
import { parseTime } from '../../object/time.ts';
import { MAGIC } from './decode.ts';
import { type FieldRule, messageOf, messageRules, type MessageRules } from './rules.ts';

type Writer = protobuf.Writer;
type Fields = Readonly<Record<string, unknown>>;

const LENGTH_DELIMITED = 2;
const tagOf = (id: number, wire: number): number => ((id << 3) | wire) >>> 0;

const timeFields = (value: unknown): Fields => {
  const micros = typeof value === 'string' ? parseTime(value) : undefined;
  if (micros === undefined) return {};
  const seconds = Math.floor(micros / 1_000_000);
  return { seconds, nanos: (micros - seconds * 1_000_000) * 1000 };
};
/** What Go's encoder writes as escapes, so that JSON can stand in HTML. */
const HTML = /[<>&\u2028\u2029]/g;
const escaped = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
const rawFields = (value: unknown): Fields => ({ raw: Buffer.from(JSON.stringify(value).replace(HTML, escaped)).toString('base64') });
const itemFields = (value: unknown): Fields => ({ items: value });

/** What stands in a message for the JSON value of a wrapped type: the inverse of decode's. */
const WRAP: Readonly<Record<string, (value: unknown) => Fields>> = {
  'resource.Quantity': (value) => ({ string: String(value) }),
  'intstr.IntOrString': (value) => (typeof value === 'string' ? { type: 1, intVal: 0, strVal: value } : { type: 0, intVal: value, strVal: '' }),
  'meta.v1.Time': timeFields,
  'meta.v1.MicroTime': timeFields,
  'meta.v1.Verbs': itemFields,
  'authorization.v1.ExtraValue': itemFields,
  'authentication.v1.ExtraValue': itemFields,
  'certificates.v1.ExtraValue': itemFields,
  RawExtension: rawFields,
  'meta.v1.FieldsV1': rawFields,
  'apiextensions.v1.JSON': rawFields,
  'apiextensions.v1.JSONSchemaPropsOrArray': (value) => (Array.isArray(value) ? { jSONSchemas: value } : { schema: value }),
  'apiextensions.v1.JSONSchemaPropsOrBool': (value) => (typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value }),
  'apiextensions.v1.JSONSchemaPropsOrStringArray': (value) => (Array.isArray(value) ? { property: value } : { schema: value }),
};

function writeScalar(writer: Writer, id: number, type: string, value: unknown): boolean {
  switch (type) {
    case 'string':
      writer.uint32(tagOf(id, LENGTH_DELIMITED)).string(String(value));
      return true;
    case 'bool':
      writer.uint32(tagOf(id, 0)).bool(value === true);
      return true;
    case 'int32':
      writer.uint32(tagOf(id, 0)).int32(Number(value));
      return true;
    case 'uint32':
      writer.uint32(tagOf(id, 0)).uint32(Number(value));
      return true;
    case 'int64':
    case 'uint64':
      writer.uint32(tagOf(id, 0)).int64(Number(value));
      return true;
    case 'double':
      writer.uint32(tagOf(id, 1)).double(Number(value));
      return true;
    case 'bytes':
      writer.uint32(tagOf(id, LENGTH_DELIMITED)).bytes(Buffer.from(String(value), 'base64'));
      return true;
    default:
      return false;
  }
}

function writeValue(writer: Writer, id: number, type: string, value: unknown): void {
  if (writeScalar(writer, id, type, value)) return;
  const rules = messageRules(type);
  if (rules === undefined) throw new Error(`no message ${type}`);
  const wrap = WRAP[type];
  writer.uint32(tagOf(id, LENGTH_DELIMITED)).fork();
  writeFields(writer, rules, wrap === undefined ? (value as Fields) : wrap(value));
  writer.ldelim();
}

function writeField(writer: Writer, { id, type, shape }: FieldRule, value: unknown): void {
  if (shape === 'one') return writeValue(writer, id, type, value);
  if (shape === 'list') {
    for (const item of value as readonly unknown[]) writeValue(writer, id, type, item);
    return;
  }
  for (const [key, item] of Object.entries(value as Fields)) {
    writer.uint32(tagOf(id, LENGTH_DELIMITED)).fork();
    writer.uint32(tagOf(1, LENGTH_DELIMITED)).string(key);
    writeValue(writer, 2, type, item);
    writer.ldelim();
  }
}

function writeFields(writer: Writer, rules: MessageRules, fields: Fields): void {
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    const rule = rules.byName.get(name);
    if (rule !== undefined) writeField(writer, rule, value);
  }
  // Embedded structs find their own fields among those of the message that holds them.
  for (const { id, type } of rules.inlined) {
    const inner = messageRules(type) as MessageRules;
    if (hasAny(inner, fields)) writeInlined(writer, id, inner, fields);
  }
}

function writeInlined(writer: Writer, id: number, inner: MessageRules, fields: Fields): void {
  writer.uint32(tagOf(id, LENGTH_DELIMITED)).fork();
  writeFields(writer, inner, fields);
  writer.ldelim();
}

const hasAny = (rules: MessageRules, fields: Fields): boolean =>
  Object.keys(fields).some((name) => rules.byName.has(name)) || rules.inlined.some(({ type }) => hasAny(messageRules(type) as MessageRules, fields));

/** Whether objects of this type can be written at all: custom resources cannot. */
export const hasMessage = (apiVersion: string, kind: string): boolean => messageRules(messageOf(apiVersion, kind)) !== undefined;

/** The bytes of an object without its envelope. */
export function messageBytes(object: Fields, apiVersion: string, kind: string): Uint8Array {
  const rules = messageRules(messageOf(apiVersion, kind));
  if (rules === undefined) throw new Error(`no message for ${kind} of ${apiVersion}`);
  const writer = protobuf.Writer.create();
  writeFields(writer, rules, object);
  return writer.finish();
}

/** Puts a message's bytes into the envelope that names its type. */
export function envelope(raw: Uint8Array, apiVersion: string, kind: string): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(tagOf(1, LENGTH_DELIMITED)).fork();
  writer.uint32(tagOf(1, LENGTH_DELIMITED)).string(apiVersion).uint32(tagOf(2, LENGTH_DELIMITED)).string(kind).ldelim();
  writer.uint32(tagOf(2, LENGTH_DELIMITED)).bytes(raw);
  writer.uint32(tagOf(3, LENGTH_DELIMITED)).string('').uint32(tagOf(4, LENGTH_DELIMITED)).string('');
  return Buffer.concat([MAGIC, writer.finish()]);
}

/** A whole body. */
export function encodeProtobuf(object: Fields, apiVersion: string, kind: string): Buffer {
  return envelope(messageBytes(object, apiVersion, kind), apiVersion, kind);
}

/** A list whose items' bytes exist already. */
export function encodeList(metadata: unknown, items: readonly Uint8Array[], apiVersion: string, kind: string): Buffer {
  const writer = protobuf.Writer.create();
  writeValue(writer, 1, 'meta.v1.ListMeta', metadata ?? {});
  for (const item of items) writer.uint32(tagOf(2, LENGTH_DELIMITED)).bytes(item);
  return envelope(writer.finish(), apiVersion, kind);
}

/** One frame of a watch; `object` is a whole body. */
export function watchFrame(type: string, object: Buffer): Buffer {
  const writer = protobuf.Writer.create();
  writer.uint32(tagOf(1, LENGTH_DELIMITED)).string(type);
  writer.uint32(tagOf(2, LENGTH_DELIMITED)).fork();
  writer.uint32(tagOf(1, LENGTH_DELIMITED)).bytes(object).ldelim();
  const event = writer.finish();
  const frame = Buffer.allocUnsafe(4 + event.length);
  frame.writeUInt32BE(event.length, 0);
  frame.set(event, 4);
  return frame;
}
