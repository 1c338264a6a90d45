import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText, type FieldError } from '../status/field-error.ts';
import { validateCsiNode, validateDriver, validateDriverUpdate } from './csi.ts';
import { validateAttachment, validateAttachmentUpdate, validateStorageClass, validateStorageClassUpdate } from './storage.ts';

const object = (content: object): KubeObject => ({ apiVersion: 'storage.k8s.io/v1', kind: 'x', metadata: { name: 'a' }, ...content }) as unknown as KubeObject;
const linesOf = (errors: readonly FieldError[]): string[] => errors.map((error) => errorText(error).replace(/(subdomain|name part) must consist .*$/, '$1 …'));

describe('StorageClass', () => {
  const terms = (...allowedTopologies: readonly unknown[]): KubeObject => object({ provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', allowedTopologies });
  const term = (key: string, ...values: readonly string[]): unknown => ({ matchLabelExpressions: [{ key, values }] });
  it.each<[string, KubeObject, string[]]>([
    ['nothing at all', object({}), ['provisioner: Required value', 'volumeBindingMode: Required value']],
    ['an empty policy', object({ provisioner: 'p', reclaimPolicy: '', volumeBindingMode: 'Immediate' }), []],
    ['the same terms', terms(term('a', 'x', 'y'), term('a', 'y', 'x')), ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""']],
    ['a term without values', terms(term('a')), ['allowedTopologies[0].matchLabelExpressions[0].values: Required value']],
    ['an empty term', terms({}), ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""']],
    ['a bad key and a value twice', terms(term('-', 'x', 'x')), [
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "x"',
      'allowedTopologies[0].matchLabelExpressions[0].key: Invalid value: "-": name part …',
    ]],
  ])('with %s', (_, given, expected) => {
    expect(linesOf(validateStorageClass(given))).toEqual(expected);
  });

  it('is checked again when it changes', () => {
    const old = object({ provisioner: 'p', reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' });
    expect(linesOf(validateStorageClassUpdate(object({ reclaimPolicy: 'Delete', volumeBindingMode: 'x' }), old))).toEqual([
      'provisioner: Required value',
      'volumeBindingMode: Unsupported value: "x": supported values: "Immediate", "WaitForFirstConsumer"',
      'provisioner: Forbidden: updates to provisioner are forbidden.',
      'volumeBindingMode: Invalid value: "x": field is immutable',
    ]);
  });
});

describe('VolumeAttachment', () => {
  it.each<[string, object, string[]]>([
    ['nothing at all', {}, [
      'spec.attacher: Required value',
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
      'spec.nodeName: Invalid value: "": a lowercase RFC 1123 subdomain …',
      'spec.attacher: Required value',
      'spec.attacher: Invalid value: "": a lowercase RFC 1123 subdomain …',
    ]],
    ['an empty volume name', { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: '' } }, [
      'spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName',
      'spec.source.persistentVolumeName: Invalid value: "": a lowercase RFC 1123 subdomain …',
    ]],
    ['two sources', { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v', inlineVolumeSpec: {} } }, ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName']],
  ])('with %s', (_, spec, expected) => {
    expect(linesOf(validateAttachment(object({ spec })))).toEqual(expected);
  });

  it('says twice what an update gets wrong', () => {
    const spec = { attacher: 'D', nodeName: 'n', source: { persistentVolumeName: 'v' } };
    const next = object({ spec, status: { attachError: { message: 'x'.repeat(1025) } } });
    const line = 'status.attachError.message: Too long: may not be more than 262144 bytes';
    expect(linesOf(validateAttachmentUpdate(next, object({ spec })))).toEqual([line, line]);
  });
});

describe('CSIDriver', () => {
  const whole = { attachRequired: true, podInfoOnMount: false, storageCapacity: false, seLinuxMount: false, volumeLifecycleModes: ['Persistent'] };
  it.each<[string, object, string[]]>([
    ['an empty policy', { fsGroupPolicy: '' }, ['spec.fsGroupPolicy: Unsupported value: "": supported values: "File", "None", "ReadWriteOnceWithFSType"']],
    ['a mode that is none', { volumeLifecycleModes: ['x'] }, ['spec.volumeLifecycleModes: Unsupported value: "x": supported values: "Persistent", "Ephemeral"']],
    ['tokens', { tokenRequests: [{ audience: 'a', expirationSeconds: 599 }, { audience: 'a' }, { expirationSeconds: 2 ** 32 + 1 }] }, [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes',
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.tokenRequests[2].expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds',
    ]],
  ])('with %s', (_, more, expected) => {
    expect(linesOf(validateDriver(object({ spec: { ...whole, ...more } })))).toEqual(expected);
  });

  it('keeps whether volumes are attached', () => {
    const [old, next] = [object({ spec: whole }), object({ spec: { ...whole, attachRequired: false, podInfoOnMount: true } })];
    expect(linesOf(validateDriverUpdate(next, old))).toEqual(['spec.attachedRequired: Invalid value: false: field is immutable']);
  });
});

describe('CSINode', () => {
  it.each<[string, unknown, string[]]>([
    ['no drivers', null, []],
    ['an empty driver', [{}], [
      'spec.drivers[0].name: Required value',
      'spec.drivers[0].name: Invalid value: "": a lowercase RFC 1123 subdomain …',
      'spec.drivers[0].nodeID: Required value',
    ]],
    ['long names', [{ name: 'a'.repeat(64), nodeID: 'b'.repeat(193) }], [
      'spec.drivers[0].name: Too long: may not be more than 63 bytes',
      `spec.drivers[0].nodeID: Invalid value: "${'b'.repeat(193)}": must be 192 characters or less`,
    ]],
    ['the same twice', [{ name: 'D', nodeID: 'n', topologyKeys: ['a', 'a'] }, { name: 'D', nodeID: 'n', allocatable: { count: -1 } }], [
      'spec.drivers[0]: Duplicate value: "a"',
      'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
      'spec.drivers[1].name: Duplicate value: "D"',
    ]],
  ])('with %s', (_, drivers, expected) => {
    expect(linesOf(validateCsiNode(object({ spec: { drivers } })))).toEqual(expected);
  });
});
