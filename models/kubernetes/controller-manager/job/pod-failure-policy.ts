/**
 * Pod failure policy: what a failed pod means for its Job, by the first rule that matches.
 *
 * Source: pkg/controller/job/pod_failure_policy.go.
 */
import type { Pod } from '../../object/types.ts';
import type { PodFailurePolicy } from './job-util.ts';

export interface PolicyMatch {
  /** Whether the failure counts against the backoff limit. */
  readonly counts: boolean;
  readonly action: 'Ignore' | 'Count' | 'FailJob' | 'FailIndex' | undefined;
  /** For FailJob: the message of the Job's condition. */
  readonly message?: string;
}

export function matchPodFailurePolicy(policy: PodFailurePolicy | undefined, pod: Pod): PolicyMatch {
  for (const [at, rule] of (policy?.rules ?? []).entries()) {
    const found = rule.onExitCodes !== undefined ? exitCodeMatch(rule.onExitCodes, pod) : conditionMatch(rule.onPodConditions ?? [], pod);
    if (found === undefined) continue;
    const who = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const message = 'container' in found ? `Container ${found.container} for pod ${who} failed with exit code ${found.code}` : `Pod ${who} has condition ${found.condition}`;
    return { counts: rule.action !== 'Ignore', action: rule.action, message: `${message} matching ${rule.action} rule at index ${at}` };
  }
  return { counts: true, action: undefined };
}

type ExitCodes = NonNullable<PodFailurePolicy['rules'][number]['onExitCodes']>;

function exitCodeMatch({ containerName, operator, values }: ExitCodes, pod: Pod): { container: string; code: number } | undefined {
  for (const { name, state } of [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) continue;
    if (values.includes(code) === (operator === 'In')) return { container: name, code };
  }
  return undefined;
}

function conditionMatch(patterns: readonly { readonly type: string; readonly status?: string }[], pod: Pod): { condition: string } | undefined {
  for (const { type, status = 'True' } of patterns) {
    if (pod.status?.conditions?.some((condition) => condition.type === type && condition.status === status)) return { condition: type };
  }
  return undefined;
}
