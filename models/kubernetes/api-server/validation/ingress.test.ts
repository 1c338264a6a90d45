import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateIngress, validateIngressClass, validateIngressCreate } from './ingress.ts';

const object = (spec: unknown, annotations?: Record<string, string>): KubeObject =>
  ({ apiVersion: 'networking.k8s.io/v1', kind: 'x', metadata: { name: 'a', ...(annotations === undefined ? {} : { annotations }) }, spec }) as unknown as KubeObject;
const service = { service: { name: 's', port: { number: 80 } } };
const path = (entry: object): unknown => ({ rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: service, ...entry }] } }] });
const ENTRY = 'spec.rules[0].http.paths[0]';
/** Texts of regular expressions are cut after their first words. */
const linesOf = (errors: ReturnType<typeof validateIngress>): string[] => errors.map((error) => errorText(error).replace(/(subdomain|label) must .*$/, '$1 …'));

describe('Ingress', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing at all', {}, ['spec: Invalid value: []networking.IngressRule(nil): either `defaultBackend` or `rules` must be specified']],
    ['a default backend without contents', { defaultBackend: {} }, ['spec.defaultBackend: Invalid value: "": resource or service backend is required']],
    ['a path without type', path({ pathType: undefined }), [`${ENTRY}.pathType: Required value: pathType must be specified`]],
    ['an empty type', path({ pathType: '' }), [`${ENTRY}.pathType: Unsupported value: "": supported values: "Exact", "ImplementationSpecific", "Prefix"`]],
    ['a relative path with bad parts', path({ path: 'a//b/..' }), [
      `${ENTRY}.path: Invalid value: "a//b/..": must be an absolute path`,
      `${ENTRY}.path: Invalid value: "a//b/..": must not contain '//'`,
      `${ENTRY}.path: Invalid value: "a//b/..": cannot end with '/..'`,
    ]],
    ['both kinds of port', path({ backend: { service: { name: 's', port: { name: 'http', number: 80 } } } }), [`${ENTRY}.backend: Invalid value: "": cannot set both port name & port number`]],
    ['no port', path({ backend: { service: { name: 's' } } }), [`${ENTRY}.backend: Required value: port name or number is required`]],
    ['a resource of the core group as it is stored', path({ backend: { resource: { apiGroup: null, kind: 'k', name: 'n' } } }), []],
    ['an empty resource', path({ backend: { resource: {} } }), [`${ENTRY}.backend.resource.kind: Required value: kind is required`, `${ENTRY}.backend.resource.name: Required value: name is required`]],
    ['a resource with bad names', path({ backend: { resource: { apiGroup: '', kind: 'a/b', name: '5%' } } }), [
      `${ENTRY}.backend.resource.apiGroup: Invalid value: "": a lowercase RFC 1123 subdomain …`,
      `${ENTRY}.backend.resource.kind: Invalid value: "a/b": may not contain '/'`,
      `${ENTRY}.backend.resource.name: Invalid value: "5%": may not contain '%'`,
    ]],
    ['an address as host', { rules: [{ host: '1.2.3.4' }] }, ['spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address']],
    ['a host of three numbers', { rules: [{ host: '1.2.3' }] }, []],
    ['a wildcard in the middle', { rules: [{ host: 'a.*.b' }] }, ['spec.rules[0].host: Invalid value: "a.*.b": a wildcard DNS-1123 subdomain …']],
  ])('with %s', (_, spec, expected) => {
    expect(linesOf(validateIngress(object(spec)))).toEqual(expected);
  });

  it('has the class of its annotation when it is created', () => {
    const spec = { ...(path({}) as object), ingressClassName: 'a' };
    expect(validateIngressCreate(object(spec, { 'kubernetes.io/ingress.class': 'a' }))).toEqual([]);
    expect(linesOf(validateIngressCreate(object(spec, { 'kubernetes.io/ingress.class': 'b' })))).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "b": must match `ingressClassName` when both are specified',
    ]);
  });
});

describe('IngressClass', () => {
  const DOMAIN = 'must be a domain-prefixed path (such as "acme.io/foo")';
  it.each<[string, unknown, string[]]>([
    ['no controller', {}, ['spec.controller: Required value']],
    ['a controller without path', { controller: 'acme.io' }, [`spec.controller: Invalid value: "acme.io": ${DOMAIN}`]],
    ['a slash as controller', { controller: '/' }, [`spec.controller: Invalid value: "/": ${DOMAIN}`]],
    ['a controller without domain', { controller: '../x' }, ['spec.controller: Invalid value: "..": a lowercase RFC 1123 subdomain …']],
    ['a controller of odd letters', { controller: 'acme.io/a b' }, ["spec.controller: Invalid value: \"a b\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"]],
    ['a scope that is none', { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', scope: '' } }, ['spec.parameters.scope: Unsupported value: "": supported values: "Cluster", "Namespace"']],
    ['a namespace of the cluster', { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', scope: 'Cluster', namespace: 'x' } }, ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"]],
    ['no namespace', { controller: 'a.b/c', parameters: { kind: '/', name: 'n', scope: 'Namespace' } }, [
      "spec.parameters.kind: Invalid value: \"/\": may not contain '/'",
      "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
    ]],
  ])('with %s', (_, spec, expected) => {
    expect(linesOf(validateIngressClass(object(spec)))).toEqual(expected);
  });
});
