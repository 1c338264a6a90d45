import { describe, expect, it } from 'vitest';
import { KINDS } from '../../api-server/registry/kinds.ts';
import { groupVersionText } from '../../api-server/registry/kind.ts';
import { STRUCTS, type TypeRef } from '../../api-server/schema/types.ts';
import { decodeProtobuf } from './decode.ts';
import { encodeProtobuf, hasMessage, watchFrame } from './encode.ts';
import { messageOf, messageRules, type MessageRules } from './rules.ts';

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string', boolean: 'bool', int32: 'int32', int64: 'int64', double: 'double', bytes: 'bytes',
  quantity: 'resource.Quantity', intOrString: 'intstr.IntOrString', time: 'meta.v1.Time', microTime: 'meta.v1.MicroTime',
};

const codeOf = (type: TypeRef): string => {
  if (type.kind === 'list') return `[${codeOf(type.items)}`;
  if (type.kind === 'map') return `{${codeOf(type.values)}`;
  return type.kind === 'struct' ? type.name : (SCALARS[type.kind] ?? 'any');
};

/** All fields that JSON has at a message's level. */
function namesOf(rules: MessageRules): Map<string, string> {
  const own = new Map([...rules.byName.values()].map(({ name, type, shape }) => [name, `${shape === 'list' ? '[' : shape === 'map' ? '{' : ''}${type}`]));
  for (const { type } of rules.inlined) for (const [name, code] of namesOf(messageRules(type) as MessageRules)) own.set(name, code);
  return own;
}

const LISTS_OF_STRINGS = ['meta.v1.Verbs', 'authorization.v1.ExtraValue', 'authentication.v1.ExtraValue', 'certificates.v1.ExtraValue'];
const sample = (type: TypeRef, depth: number): unknown => {
  switch (type.kind) {
    case 'string': return 'text';
    case 'boolean': return true;
    case 'int32': return -7;
    case 'int64': return 2 ** 40;
    case 'double': return 1.5;
    case 'quantity': return '100m';
    case 'intOrString': return depth % 2 === 0 ? '50%' : 8080;
    case 'time': return '2025-01-31T12:00:00Z';
    case 'microTime': return '2025-01-31T12:00:00.000042Z';
    case 'bytes': return 'AAEC';
    case 'any': return undefined;
    case 'list': { const item = sample(type.items, depth); return item === undefined ? undefined : [item, item]; }
    case 'map': { const item = sample(type.values, depth); return item === undefined ? undefined : { a: item, 'b/c': item }; }
    case 'struct': {
      if (depth > 7) return {};
      // A message does not carry the type of an object inside another (volumeClaimTemplates): Go's TypeMeta is not in it.
      const isTypeMeta = (name: string): boolean => type.struct.fields.has('metadata') && (name === 'kind' || name === 'apiVersion');
      const fields = [...type.struct.fields].filter(([name]) => !isTypeMeta(name)).map(([name, field]) => [name, sample(field.type, depth + 1)] as const);
      return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    }
  }
};

describe('the messages of the API', () => {
  it('have every field of every struct, with its type', () => {
    const wrong: string[] = [];
    for (const [name, struct] of STRUCTS) {
      if (name === 'core.v1.ClaimSource') continue; // Gone from the API since 1.31.
      const rules = messageRules(name);
      if (rules === undefined) {
        wrong.push(`no message ${name}`);
        continue;
      }
      const names = namesOf(rules);
      for (const [field, { type }] of struct.fields) {
        const isTypeMeta = (field === 'kind' || field === 'apiVersion') && struct.fields.has('metadata');
        const found = names.get(field);
        const isRaw = codeOf(type).endsWith('any') || LISTS_OF_STRINGS.some((wrapped) => found?.endsWith(wrapped));
        if (found === undefined ? !isTypeMeta && !(name.startsWith('meta.v1.') && (field === 'kind' || field === 'apiVersion')) : !isRaw && found !== codeOf(type)) {
          wrong.push(`${name}.${field}: ${codeOf(type)}, not ${String(found)}`);
        }
      }
      expect(new Set(rules.byId.keys()).size, name).toBe(rules.byId.size);
    }
    expect(wrong).toEqual([]);
  });

  it('can carry every built-in kind there and back', () => {
    for (const info of KINDS) {
      for (const { version, schema } of info.versions) {
        const apiVersion = groupVersionText(info.group, version);
        expect(hasMessage(apiVersion, info.kind), `${apiVersion} ${info.kind}`).toBe(true);
        const struct = STRUCTS.get(schema);
        if (struct === undefined) continue;
        const object = { ...(sample({ kind: 'struct', goType: '', name: schema, struct }, 0) as object), apiVersion, kind: info.kind };
        const bytes = encodeProtobuf(object, apiVersion, info.kind);
        expect(decodeProtobuf(bytes), `${apiVersion} ${info.kind}`).toEqual({ value: object });
      }
    }
  });

  it('carries schemas of custom resources', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string', enum: ['x', 1, null], default: 'x' } }, b: { 'x-kubernetes-int-or-string': true } },
      additionalProperties: false,
      'x-kubernetes-validations': [{ rule: 'self.a > 1', message: 'no' }],
    };
    const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'n' }, spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: schema } }] } };
    const decoded = decodeProtobuf(encodeProtobuf(object, object.apiVersion, object.kind)) as { value: typeof object };
    const { properties, ...rest } = decoded.value.spec.versions[0]?.schema.openAPIV3Schema ?? schema;
    expect(rest).toEqual({ type: 'object', additionalProperties: false, 'x-kubernetes-validations': schema['x-kubernetes-validations'] });
    expect(properties.a.items).toEqual({ type: 'string', enum: ['x', 1, null], default: 'x' });
  });

  it('frames watch events with their length', () => {
    const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'p' } };
    const frame = watchFrame('ADDED', encodeProtobuf(pod, 'v1', 'Pod'));
    expect(frame.readUInt32BE(0)).toBe(frame.length - 4);
    expect(frame.subarray(4, 11).toString('latin1')).toBe('\n\x05ADDED');
    expect(frame.includes(Buffer.from('k8s\0'))).toBe(true);
  });

  it('refuses what is cut off or of the wrong wire type', () => {
    const bytes = encodeProtobuf({ metadata: { name: 'a-long-name' } }, 'v1', 'Pod');
    for (let length = 5; length < bytes.length; length++) expect(() => decodeProtobuf(bytes.subarray(0, length))).not.toThrow();
    expect(decodeProtobuf(Buffer.concat([Buffer.from('k8s\0'), Buffer.from([0x0a, 0x02, 0x0a])]))).toHaveProperty('error');
    expect(messageOf('rbac.authorization.k8s.io/v1', 'Role')).toBe('rbac.v1.Role');
  });
});
