/**
 * Protobuf request bodies, decoded into the JSON that the same client would have sent.
 *
 * kubectl from 1.32 on and client-go's typed clients post their objects in this form. One reader serves all kinds:
 * rules.ts says which field numbers each message has, and a few types are unwrapped (quantities, times, IntOrString, raw
 * JSON). Zero values stay; the API server's own decoding drops those that Go would not have written.
 * Upstream: apimachinery/pkg/runtime/serializer/protobuf/protobuf.go.
 */
import protobuf from 'protobufjs/minimal.js';
import { formatSeconds } from '../../object/time.ts';
import { type FieldRule, messageOf, messageRules } from './rules.ts';

/** `k8s\0`: what every body in this form begins with. */
export const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Whether a body is an envelope of this form. */
export const isProtobuf = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.subarray(0, 4).equals(MAGIC);

type Reader = protobuf.Reader;
type Fields = Record<string, unknown>;

/** How deep messages may nest: far beyond what any schema needs. */
const DEPTH_MAX = 200;

const asNumber = (value: unknown): number => Number(String(value));

const timeOf = ({ seconds, nanos }: Fields, hasMicros: boolean): string | undefined => {
  if (seconds === undefined) return undefined;
  const text = formatSeconds(seconds as number);
  return hasMicros ? `${text.slice(0, -1)}.${String(Math.floor(((nanos as number | undefined) ?? 0) / 1000)).padStart(6, '0')}Z` : text;
};

/** Wrapped types and the JSON that they stand for; undefined means that the field is left out. */
const UNWRAP: Readonly<Record<string, (fields: Fields) => unknown>> = {
  'resource.Quantity': (fields) => fields['string'] ?? '0',
  'intstr.IntOrString': (fields) => (fields['type'] === 1 ? (fields['strVal'] ?? '') : (fields['intVal'] ?? 0)),
  'meta.v1.Time': (fields) => timeOf(fields, false),
  'meta.v1.MicroTime': (fields) => timeOf(fields, true),
  'meta.v1.Verbs': (fields) => fields['items'] ?? [],
  'authorization.v1.ExtraValue': (fields) => fields['items'] ?? [],
  'authentication.v1.ExtraValue': (fields) => fields['items'] ?? [],
  'certificates.v1.ExtraValue': (fields) => fields['items'] ?? [],
  'apiextensions.v1.JSONSchemaPropsOrArray': (fields) => fields['jSONSchemas'] ?? fields['schema'],
  'apiextensions.v1.JSONSchemaPropsOrBool': (fields) => fields['schema'] ?? fields['allows'] ?? false,
  'apiextensions.v1.JSONSchemaPropsOrStringArray': (fields) => fields['property'] ?? fields['schema'],
};

/** Types whose bytes are JSON. */
const RAW_JSON: readonly string[] = ['RawExtension', 'meta.v1.FieldsV1', 'apiextensions.v1.JSON'];

function readValue(reader: Reader, type: string, depth: number): unknown {
  switch (type) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.bool();
    case 'int32':
      return reader.int32();
    case 'uint32':
      return reader.uint32();
    case 'int64':
    case 'uint64':
      return asNumber(reader.int64());
    case 'double':
      return reader.double();
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64');
    default: {
      const end = reader.uint32() + reader.pos;
      return readMessage(reader, type, end, depth + 1);
    }
  }
}

function readMessage(reader: Reader, type: string, end: number, depth = 0): unknown {
  const rules = messageRules(type);
  if (rules === undefined) throw new Error(`unknown message ${type}`);
  if (end > reader.len) throw new Error('unexpected EOF');
  if (depth > DEPTH_MAX) throw new Error('message nests too deeply');
  const fields: Fields = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const rule = rules.byId.get(tag >>> 3);
    if (rule === undefined) reader.skipType(tag & 7);
    else readField(reader, rule, tag & 7, fields, depth);
  }
  if (reader.pos !== end) throw new Error('unexpected EOF');
  if (RAW_JSON.includes(type)) {
    const raw = fields['raw'] as string | undefined;
    return raw === undefined || raw === '' ? undefined : JSON.parse(Buffer.from(raw, 'base64').toString('utf8'));
  }
  const unwrap = UNWRAP[type];
  return unwrap === undefined ? fields : unwrap(fields);
}

/** Wire types of scalars; everything else is length-delimited. */
const WIRE: Readonly<Record<string, number>> = { bool: 0, int32: 0, uint32: 0, int64: 0, uint64: 0, double: 1 };

function readField(reader: Reader, rule: FieldRule, wire: number, fields: Fields, depth: number): void {
  if (wire === 2 && rule.shape === 'list' && rule.type in WIRE) return readPacked(reader, rule, fields);
  if (wire !== (rule.shape === 'map' ? 2 : (WIRE[rule.type] ?? 2))) throw new Error(`wrong wireType = ${wire} for field ${rule.name}`);
  if (rule.shape === 'map') {
    const [key, value] = readEntry(reader, rule.type, depth);
    const map = (fields[rule.name] ??= {}) as Fields;
    if (key !== '__proto__') map[key] = value;
    return;
  }
  const value = readValue(reader, rule.type, depth);
  if (rule.shape === 'list') ((fields[rule.name] ??= []) as unknown[]).push(value);
  else if (rule.isInlined) Object.assign(fields, value);
  else if (value !== undefined) fields[rule.name] = value;
}

/** Numbers of a list in one piece, as writers of newer protobuf versions pack them. */
function readPacked(reader: Reader, { name, type }: FieldRule, fields: Fields): void {
  const end = reader.uint32() + reader.pos;
  const list = (fields[name] ??= []) as unknown[];
  while (reader.pos < end) list.push(readValue(reader, type, 0));
}

function readEntry(reader: Reader, type: string, depth: number): readonly [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, type, depth);
    else reader.skipType(tag & 7);
  }
  return [key, value];
}

/** An opened envelope (runtime.Unknown). */
interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

function openEnvelope(bytes: Buffer): Envelope {
  const envelope = protobuf.Reader.create(bytes.subarray(MAGIC.length));
  let [apiVersion, kind] = ['', ''];
  let raw: Uint8Array = new Uint8Array(0);
  while (envelope.pos < envelope.len) {
    const tag = envelope.uint32();
    if (tag >>> 3 === 1) {
      const end = envelope.uint32() + envelope.pos;
      while (envelope.pos < end) {
        const inner = envelope.uint32();
        if (inner >>> 3 === 1) apiVersion = envelope.string();
        else if (inner >>> 3 === 2) kind = envelope.string();
        else envelope.skipType(inner & 7);
      }
    } else if (tag >>> 3 === 2) raw = envelope.bytes();
    else envelope.skipType(tag & 7);
  }
  return { apiVersion, kind, raw };
}

/** Decodes an envelope into the object inside, with its apiVersion and kind. */
export function decodeProtobuf(bytes: Buffer): { readonly value: unknown } | { readonly error: string } {
  if (!isProtobuf(bytes)) {
    return { error: `provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]` };
  }
  try {
    const { apiVersion, kind, raw } = openEnvelope(bytes);
    const message = messageOf(apiVersion, kind);
    // A kind that is no message here (or none at all) is for the API server to refuse, which knows the words.
    if (messageRules(message) === undefined) return { value: { ...(apiVersion === '' ? {} : { apiVersion }), ...(kind === '' ? {} : { kind }) } };
    const reader = protobuf.Reader.create(raw);
    const fields = readMessage(reader, message, reader.len) as Fields;
    return { value: { apiVersion, kind, ...fields } };
  } catch (problem) {
    return { error: `proto: ${(problem as Error).message}` };
  }
}
