import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validateNetworkPolicy } from './network-policy.ts';

const linesOf = (spec: unknown): string[] =>
  validateNetworkPolicy({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'a' }, spec } as unknown as KubeObject).map(errorText);
const port = (entry: object): unknown => ({ ingress: [{ ports: [entry] }] });
const block = (cidr: string, ...except: readonly string[]): unknown => ({ egress: [{ to: [{ ipBlock: { cidr, except } }] }] });
const PORT = 'spec.ingress[0].ports[0]';
const BLOCK = 'spec.egress[0].to[0].ipBlock';
const CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

describe('NetworkPolicy', () => {
  it.each<[string, unknown, string[]]>([
    ['nothing at all', undefined, []],
    ['an empty protocol', port({ protocol: '' }), [`${PORT}.protocol: Unsupported value: "": supported values: "TCP", "UDP", "SCTP"`]],
    ['an empty port', port({ port: '' }), [
      `${PORT}.port: Invalid value: "": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`,
      `${PORT}.port: Invalid value: "": must contain at least one letter (a-z)`,
    ]],
    ['an end without beginning', port({ endPort: 9 }), [`${PORT}.endPort: Invalid value: 9: may not be specified when \`port\` is not specified`]],
    ['an end after a name', port({ port: 'http', endPort: 9 }), [`${PORT}.endPort: Invalid value: 9: may not be specified when \`port\` is non-numeric`]],
    ['an end before the beginning', port({ port: 10, endPort: 0 }), [
      `${PORT}.endPort: Invalid value: 0: must be greater than or equal to \`port\``,
      `${PORT}.endPort: Invalid value: 0: must be between 1 and 65535, inclusive`,
    ]],
    ['no block', block(''), [`${BLOCK}.cidr: Required value`]],
    ['a short block', block('10.0/8'), [`${BLOCK}.cidr: Invalid value: "10.0/8": ${CIDR}`]],
    ['exceptions that are none', block('10.0.0.0/8', '', '10.0.0.0/8', '11.0.0.0/16', '10.1.0.0/16'), [
      `${BLOCK}.except[0]: Invalid value: "": ${CIDR}`,
      `${BLOCK}.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
      `${BLOCK}.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
    ]],
    ['no peer', { egress: [{ to: [{}] }] }, ['spec.egress[0].to[0]: Required value: must specify a peer']],
    ['a type that is none', { policyTypes: ['ingress'] }, ['spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress"']],
  ])('with %s', (_, spec, expected) => {
    expect(linesOf(spec)).toEqual(expected);
  });

  it('checks the values of its selectors', () => {
    const [line] = linesOf({ podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] } });
    expect(line).toContain('spec.podSelector.matchExpressions[0].values[0]: Invalid value: "-": a valid label must be an empty string');
  });
});
