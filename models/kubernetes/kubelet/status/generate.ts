/** The conditions that a kubelet computes for a pod (pkg/kubelet/status/generate.go). */
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

function list(names: readonly string[]): string {
  return `[${names.join(' ')}]`;
}

function incompleteMessage(unknown: readonly string[], word: string, names: readonly string[]): string {
  const messages: string[] = [];
  if (unknown.length > 0) messages.push(`containers with unknown status: ${list(unknown)}`);
  if (names.length > 0) messages.push(`containers with ${word} status: ${list(names)}`);
  return messages.join(', ');
}

export function containersReadyCondition(pod: Pod, statuses: readonly core.ContainerStatus[], initStatuses: readonly core.ContainerStatus[], phase: string): Condition {
  const type = 'ContainersReady';
  const unknown: string[] = [];
  const unready: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    if (!isSidecar(container)) continue;
    const status = initStatuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  for (const container of pod.spec.containers) {
    const status = statuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (!status.ready) unready.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const message = incompleteMessage(unknown, 'unready', unready);
  if (message !== '') return { type, status: 'False', reason: 'ContainersNotReady', message };
  return { type, status: 'True' };
}

export function readyCondition(pod: Pod, containersReady: Condition, conditions: readonly core.PodCondition[]): Condition {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const messages: string[] = [];
  for (const gate of pod.spec.readinessGates ?? []) {
    const found = conditions.find(({ type }) => type === gate.conditionType);
    if (found === undefined) messages.push(`corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`);
    else if (found.status !== 'True') messages.push(`the status of pod readiness gate "${gate.conditionType}" is not "True", but ${found.status}`);
  }
  if (messages.length > 0) return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
  return { type: 'Ready', status: 'True' };
}

export function initializedCondition(pod: Pod, initStatuses: readonly core.ContainerStatus[], statuses: readonly core.ContainerStatus[], phase: string): Condition {
  const type = 'Initialized';
  const unknown: string[] = [];
  const incomplete: string[] = [];
  for (const container of pod.spec.initContainers ?? []) {
    const status = initStatuses.find(({ name }) => name === container.name);
    if (status === undefined) unknown.push(container.name);
    else if (isSidecar(container) ? status.started !== true : !status.ready) incomplete.push(container.name);
  }
  if (phase === 'Succeeded' && unknown.length === 0) return { type, status: 'True', reason: 'PodCompleted' };
  const anyStarted = statuses.some(({ state }) => state?.running !== undefined || state?.terminated !== undefined);
  if (anyStarted) return { type, status: 'True' };
  const message = incompleteMessage(unknown, 'incomplete', incomplete);
  if (message !== '') return { type, status: 'False', reason: 'ContainersNotInitialized', message };
  return { type, status: 'True' };
}

/** Conditions that belong to the kubelet; others are kept as they are (pod_status.go, PodConditionByKubelet). */
export const OWNED_CONDITIONS: readonly string[] = ['PodScheduled', 'Ready', 'ContainersReady', 'Initialized', 'PodReadyToStartContainers'];
