/**
 * Validation of Leases.
 * Upstream: pkg/apis/coordination/validation/validation.go.
 */
import type { KubeObject } from '../../object/types.ts';
import { forbiddenValue, invalidValue, notSupported } from '../status/field-error.ts';
import type { FieldError } from '../status/field-error.ts';
import { nonNegative, positive } from './check.ts';
import { qualifiedNameErrors } from './name.ts';

const STRATEGIES: readonly string[] = ['OldestEmulationVersion'];

interface LeaseSpec {
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly preferredHolder?: string;
  readonly strategy?: string;
}

/** ValidateCoordinatedLeaseStrategy: a strategy of Kubernetes, or a qualified name. */
function strategyErrors(strategy: string, path: string): FieldError[] {
  if (!strategy.includes('/')) return STRATEGIES.includes(strategy) ? [] : [notSupported(path, strategy, STRATEGIES)];
  return qualifiedNameErrors(strategy).map((text) => invalidValue(path, strategy, text));
}

/** ValidateLeaseSpec. The strategy's path names the field twice, as upstream has it. */
export function validateLease(object: KubeObject): FieldError[] {
  const { leaseDurationSeconds, leaseTransitions, preferredHolder = '', strategy } = (object['spec'] ?? {}) as LeaseSpec;
  return [
    ...positive(leaseDurationSeconds, 'spec.leaseDurationSeconds'),
    ...nonNegative(leaseTransitions, 'spec.leaseTransitions'),
    ...(strategy === undefined ? [] : strategyErrors(strategy, 'spec.strategy.strategy')),
    ...(preferredHolder !== '' && (strategy ?? '') === '' ? [forbiddenValue('spec.preferredHolder', 'may only be specified if `strategy` is defined')] : []),
  ];
}
