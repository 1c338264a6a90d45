/**
 * Protobuf request bodies, decoded into the JSON that the same client would have sent.
 *
 * kubectl from 1.32 on posts its typed objects in this form and knows no fallback. One reader serves all kinds:
 * messages.json says which field numbers each message has, and a few types are unwrapped (quantities, times, IntOrString,
 * raw JSON). Answers need no protobuf, since every client that sends it accepts JSON too.
 * Upstream: apimachinery/pkg/runtime/serializer/protobuf/protobuf.go, the generated.proto files of k8s.io/api.
 */
import protobuf from 'protobufjs/minimal.js';
import { formatSeconds } from '../../object/time.ts';
import table from './messages.json' with { type: 'json' };

/** `k8s\0`: what every body in this form begins with. */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Whether a body is an envelope of this form. */
export const isProtobuf = (bytes: Buffer): boolean => bytes.length >= 4 && bytes.subarray(0, 4).equals(MAGIC);

interface FieldRule {
  readonly name: string;
  readonly type: string;
  readonly shape: 'one' | 'list' | 'map';
}

/** Fields that JSON has at the level of the message that holds them. */
const INLINED: ReadonlySet<string> = new Set([
  'volumeSource',
  'persistentVolumeSource',
  'handler',
  'ephemeralContainerCommon',
  'localObjectReference',
  'ingressRuleValue',
  'rule',
  'ruleWithOperations',
]);

const RULES: ReadonlyMap<string, ReadonlyMap<number, FieldRule>> = new Map(
  Object.entries(table as Readonly<Record<string, string>>).map(([message, text]) => [message, rulesOf(text)]),
);

function rulesOf(text: string): ReadonlyMap<number, FieldRule> {
  const rules = new Map<number, FieldRule>();
  for (const entry of text === '' ? [] : text.split(', ')) {
    const [id = '', name = '', code = ''] = entry.split(' ');
    const shape = code.startsWith('[') ? 'list' : code.startsWith('{') ? 'map' : 'one';
    rules.set(Number(id), { name, shape, type: shape === 'one' ? code : code.slice(1) });
  }
  return rules;
}

type Reader = protobuf.Reader;
type Fields = Record<string, unknown>;

const asNumber = (value: unknown): number => Number(String(value));

/** Wrapped types and the JSON that they stand for; undefined means that the field is left out. */
const UNWRAP: Readonly<Record<string, (fields: Fields) => unknown>> = {
  'resource.Quantity': (fields) => fields['string'] ?? '0',
  'intstr.IntOrString': (fields) => (fields['type'] === 1 ? (fields['strVal'] ?? '') : (fields['intVal'] ?? 0)),
  'meta.v1.Time': (fields) => (fields['seconds'] === undefined ? undefined : formatSeconds(fields['seconds'] as number)),
  'meta.v1.MicroTime': (fields) => {
    if (fields['seconds'] === undefined) return undefined;
    const micros = Math.floor(((fields['nanos'] as number | undefined) ?? 0) / 1000);
    return `${formatSeconds(fields['seconds'] as number).slice(0, -1)}.${String(micros).padStart(6, '0')}Z`;
  },
  'authorization.v1.ExtraValue': (fields) => fields['items'] ?? [],
  'authentication.v1.ExtraValue': (fields) => fields['items'] ?? [],
  'certificates.v1.ExtraValue': (fields) => fields['items'] ?? [],
};

/** Types whose bytes are JSON. */
const RAW_JSON: ReadonlySet<string> = new Set(['RawExtension', 'meta.v1.FieldsV1']);
const WRAPPED_FIELDS: Readonly<Record<string, string>> = {
  'resource.Quantity': '1 string string',
  'intstr.IntOrString': '1 type int64, 2 intVal int32, 3 strVal string',
  RawExtension: '1 raw bytes',
};
const WRAPPED_RULES: ReadonlyMap<string, ReadonlyMap<number, FieldRule>> = new Map(
  Object.entries(WRAPPED_FIELDS).map(([message, text]) => [message, rulesOf(text)]),
);

function readValue(reader: Reader, type: string): unknown {
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
      return readMessage(reader, type, end);
    }
  }
}

function readMessage(reader: Reader, type: string, end: number): unknown {
  const rules = WRAPPED_RULES.get(type) ?? RULES.get(type);
  if (rules === undefined) throw new Error(`unknown message ${type}`);
  if (end > reader.len) throw new Error('unexpected EOF');
  const fields: Fields = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const rule = rules.get(tag >>> 3);
    if (rule === undefined) reader.skipType(tag & 7);
    else readField(reader, rule, fields);
  }
  if (RAW_JSON.has(type)) {
    const raw = (fields['raw'] ?? fields['Raw']) as string | undefined;
    return raw === undefined ? undefined : JSON.parse(Buffer.from(raw, 'base64').toString('utf8'));
  }
  return UNWRAP[type]?.(fields) ?? (type in UNWRAP ? undefined : fields);
}

function readField(reader: Reader, rule: FieldRule, fields: Fields): void {
  if (rule.shape === 'map') {
    const [key, value] = readEntry(reader, rule.type);
    const map = (fields[rule.name] ??= {}) as Fields;
    if (key !== '__proto__') map[key] = value;
    return;
  }
  const value = readValue(reader, rule.type);
  if (rule.shape === 'list') ((fields[rule.name] ??= []) as unknown[]).push(value);
  else if (INLINED.has(rule.name) && typeof value === 'object' && value !== null) Object.assign(fields, value);
  else if (value !== undefined) fields[rule.name] = value;
}

function readEntry(reader: Reader, type: string): readonly [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: unknown = type === 'string' || type === 'bytes' ? '' : undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, type);
    else reader.skipType(tag & 7);
  }
  return [key, value];
}

/** Kinds that belong to every group. */
const META_KINDS: ReadonlySet<string> = new Set(['DeleteOptions', 'CreateOptions', 'UpdateOptions', 'PatchOptions']);

/** `apps/v1` -> `apps.v1`; the group's first label names its package. */
function messageOf(apiVersion: string, kind: string): string {
  if (META_KINDS.has(kind)) return `meta.v1.${kind}`;
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  return `${(group ?? '').split('.')[0] ?? ''}.${version ?? ''}.${kind}`;
}

/** Decodes an envelope into the object inside, with its apiVersion and kind. */
export function decodeProtobuf(bytes: Buffer): { readonly value: unknown } | { readonly error: string } {
  if (!isProtobuf(bytes)) {
    return { error: `provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]` };
  }
  try {
    const envelope = protobuf.Reader.create(bytes.subarray(4));
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
    const reader = protobuf.Reader.create(raw);
    const fields = readMessage(reader, messageOf(apiVersion, kind), reader.len) as Fields;
    return { value: { apiVersion, kind, ...fields } };
  } catch (problem) {
    return { error: `proto: ${(problem as Error).message}` };
  }
}
