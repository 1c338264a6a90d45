/**
 * What a kubelet writes into its node's status (pkg/kubelet/nodestatus/setters.go).
 *
 * A pure function of the machine, of how the node is, and of the status that is stored: what others have put there and no
 * setter owns (foreign conditions, attached volumes, resources that the machine knows nothing of) stays as it is.
 */
import { compareQuantity, formatQuantity, quantityOf, subQuantity, ZERO } from '../../object/quantity.ts';
import type { core } from '../../object/types.ts';

type Quantities = Readonly<Record<string, string>>;
type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** What is the same as long as a kubelet runs. */
export interface Machine {
  readonly capacity: Quantities;
  readonly allocatable: Quantities;
  /** Fields that the kubelet sets as they are; those that the machine has not are taken out. */
  readonly fields: Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>>;
}

/** How the node is right now. */
export interface NodeState {
  readonly now: string;
  readonly errors: readonly string[];
  readonly pressures: readonly string[];
  readonly volumesInUse: readonly string[];
  /** The boot id; undefined as long as the runtime has not told how often the machine was started. */
  readonly bootID: string | undefined;
}

/** In the order of upstream's setters. */
export const FIELDS = ['addresses', 'nodeInfo', 'daemonEndpoints', 'images', 'runtimeHandlers', 'features'] as const;

/** Whether a name is none of Kubernetes' own (pkg/apis/core/v1/helper, IsExtendedResourceName). */
export const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
export const isHugePage = (name: string): boolean => name.startsWith('hugepages-');

/** The status that the kubelet would store in place of `old`. */
export function nextStatus(old: core.NodeStatus, machine: Machine, state: NodeState): core.NodeStatus {
  const capacity = { ...(old.capacity as Quantities | undefined), ...machine.capacity };
  const next: Changing<core.NodeStatus> & Record<string, unknown> = { ...old, capacity, allocatable: allocatableOf(old, capacity, machine), conditions: conditionsOf(old.conditions ?? [], state) };
  for (const field of FIELDS) {
    const value = machine.fields[field];
    if (value === undefined) delete next[field];
    else Object.assign(next, { [field]: value });
  }
  const info = machine.fields.nodeInfo as core.NodeSystemInfo;
  // Until the runtime has answered, the boot id is the one that is stored.
  next.nodeInfo = { ...info, bootID: state.bootID ?? (old.nodeInfo?.bootID || info.bootID) };
  if (state.volumesInUse.length > 0) next.volumesInUse = [...state.volumesInUse];
  else delete next.volumesInUse;
  return next;
}

/** MachineInfo: what somebody advertises becomes allocatable, and is taken back when it is no longer there. */
function allocatableOf(old: core.NodeStatus, capacity: Quantities, machine: Machine): Quantities {
  const allocatable: Record<string, string> = { ...machine.allocatable, ...(old.allocatable as Quantities | undefined) };
  for (const name of Object.keys(allocatable)) if (!(name in capacity) && isExtended(name)) delete allocatable[name];
  for (const [name, amount] of Object.entries(capacity)) allocatable[name] = name in machine.capacity ? (machine.allocatable[name] ?? amount) : amount;
  for (const name of Object.keys(capacity).filter((each) => isHugePage(each) && !(each in machine.capacity))) {
    const left = subQuantity(quantityOf(allocatable['memory'] ?? '0'), quantityOf(capacity[name] ?? '0'));
    allocatable['memory'] = formatQuantity(left.nanos < 0n ? ZERO : left);
  }
  return allocatable;
}

type Words = readonly [reason: string, message: string];
const PRESSURES: readonly (readonly [type: string, bad: Words, good: Words])[] = [
  ['MemoryPressure', ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'], ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available']],
  ['DiskPressure', ['KubeletHasDiskPressure', 'kubelet has disk pressure'], ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']],
  ['PIDPressure', ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'], ['KubeletHasSufficientPID', 'kubelet has sufficient PID available']],
];

/** Each condition stays at its place; a new one is put at the end. */
function conditionsOf(old: readonly core.NodeCondition[], { now, errors, pressures }: NodeState): core.NodeCondition[] {
  const conditions = [...old];
  const set = (type: string, next: (before: core.NodeCondition | undefined) => core.NodeCondition): void => {
    const at = conditions.findIndex((condition) => condition.type === type);
    if (at < 0) conditions.push(next(undefined));
    else conditions[at] = next(conditions[at]);
  };
  for (const [type, bad, good] of PRESSURES) set(type, (before) => pressureCondition(type, before, now, pressures.includes(type) ? ['True', ...bad] : ['False', ...good]));
  set('Ready', (before) => readyCondition(before, now, errors));
  return conditions;
}

/** Reason and message change only with the status. */
function pressureCondition(type: string, before: core.NodeCondition | undefined, now: string, [status, reason, message]: readonly [string, string, string]): core.NodeCondition {
  if (before?.status === status) return { ...before, lastHeartbeatTime: now };
  return { type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message };
}

function readyCondition(before: core.NodeCondition | undefined, now: string, errors: readonly string[]): core.NodeCondition {
  const status = errors.length === 0 ? 'True' : 'False';
  const lastTransitionTime = before?.status === status ? (before.lastTransitionTime ?? now) : now;
  const times = { lastHeartbeatTime: now, lastTransitionTime };
  if (errors.length === 0) return { type: 'Ready', status, ...times, reason: 'KubeletReady', message: 'kubelet is posting ready status' };
  return { type: 'Ready', status, ...times, reason: 'KubeletNotReady', message: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}

/** Whether two resource lists say the same amounts (`4` and `4000m` are one). */
export function isSameAmounts(a: Quantities = {}, b: Quantities = {}): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) if (!isSameAmount(a[name], b[name])) return false;
  return true;
}

export const isSameAmount = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && compareQuantity(quantityOf(a), quantityOf(b)) === 0);
