import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateEvent, validateEventUpdate, validateSecret } from './config.ts';

const base64 = (text: string): string => btoa(text);
const secret = (type: string, data?: Record<string, string>): KubeObject => ({ metadata: { name: 's' }, type: `kubernetes.io/${type}`, ...(data === undefined ? {} : { data }) }) as unknown as KubeObject;
const REDACTED = 'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>":';
const docker = (text: string): KubeObject => secret('dockerconfigjson', { '.dockerconfigjson': base64(text) });

describe('a Secret', () => {
  it.each<[string, KubeObject, string[]]>([
    ['holds a registry', docker('{"auths":{}}'), []],
    ['holds nothing', docker(''), [`${REDACTED} unexpected end of JSON input`]],
    ['holds no JSON', docker('×'), [`${REDACTED} invalid character '×' looking for beginning of value`]],
    ['holds no object', docker('[1]'), [`${REDACTED} json: cannot unmarshal array into Go value of type map[string]interface {}`]],
    ['lacks its registry', secret('dockercfg'), ['data[.dockercfg]: Required value']],
    ['lacks a user', secret('basic-auth'), ['data[%s][username]: Required value', 'data[%s][password]: Required value']],
    ['has only a user', secret('basic-auth', { username: '' }), []],
    ['has an empty key', secret('ssh-auth', { 'ssh-privatekey': '' }), ['data[%s][ssh-privatekey]: Required value']],
    ['has a certificate without a key', secret('tls', { 'tls.crt': '' }), ['data[tls.key]: Required value']],
  ])('that %s', (_what, object, expected) => {
    expect(validateSecret(object).map(errorText)).toEqual(expected);
  });
});

describe('an Event', () => {
  const event = (more: object, namespace = 'default'): KubeObject => ({ metadata: { name: 'e', namespace }, involvedObject: { namespace }, type: 'Normal', ...more }) as unknown as KubeObject;
  const modern = { eventTime: '2025-01-01T00:00:00.000000Z', reportingComponent: 'a.b/c', reportingInstance: 'i', action: 'a', reason: 'r' };

  it.each<[string, KubeObject, boolean, string[]]>([
    ['lives elsewhere', event({ involvedObject: { namespace: 'x' } }), false, ['involvedObject.namespace: Invalid value: "x": does not match event.namespace']],
    ['is about the cluster, in kube-system', event({ involvedObject: {} }, 'kube-system'), false, ['involvedObject.namespace: Invalid value: "": does not match event.namespace']],
    ['is about the cluster, newer, in kube-system', event({ ...modern, involvedObject: {} }, 'kube-system'), true, []],
    ['is of the newer form by the older interface', event({ ...modern, reportingComponent: 'a b' }), false, [expect.stringMatching(/^reportingComponent: Invalid value: "a b": name part/) as unknown as string]],
    ['is of the older form by the newer interface', event({ count: 2, metadata: { name: 'E', namespace: 'default' } }), true, [
      expect.stringMatching(/^metadata\.name: Invalid value: "E": a lowercase RFC 1123 subdomain/) as unknown as string,
      'eventTime: Required value',
      'count: Invalid value: "": needs to be unset',
    ]],
    ['says too much', event({ ...modern, reason: 'r'.repeat(129), message: 'm'.repeat(1025) }), true, ['reason: Invalid value: "": can have at most 128 characters', 'message: Invalid value: "": can have at most 1024 characters']],
  ])('that %s', (_what, object, isNewApi, expected) => {
    expect(validateEvent(object, isNewApi).map(errorText)).toEqual(expected);
  });

  it('changes its series only', () => {
    const old = event(modern);
    expect(validateEventUpdate({ ...old, series: { count: 2, lastObservedTime: '2025-01-01T00:00:00.000000Z' } } as KubeObject, old, true)).toEqual([]);
    expect(validateEventUpdate({ ...old, action: 'b' } as KubeObject, old, true).map(errorText)).toEqual(['action: Invalid value: "null": field is immutable']);
    expect(validateEventUpdate({ ...old, action: 'b' } as KubeObject, old, false)).toEqual([]);
  });
});
