/**
 * Holds a simulation's recording against a real cluster's, aspect by aspect, each as a score in 0..1 with what differs.
 *
 * Two runs of one real cluster do not score 1 everywhere: races decide which of two writes comes first.
 */
import type { Json } from '../../../src/index.ts';
import type { Line } from './format.ts';
import { runForm, type RunForm, type State } from './run-form.ts';

export const ASPECTS = ['responses', 'final', 'transitions', 'events', 'timing'] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface AspectResult {
  readonly score: number;
  /** What differs, in words. */
  readonly differences: readonly string[];
}

export interface Comparison {
  readonly aspects: Readonly<Record<Aspect, AspectResult>>;
  /** The mean over the aspects. */
  readonly overall: number;
}

/** A state counts as in time when it is this close, in ms or as a share of the time since the start. */
const CLOSE_MS = 2_000;
const CLOSE_SHARE = 0.15;

export function compareRecordings(real: readonly Line[], simulated: readonly Line[]): Comparison {
  const [a, b] = [runForm(real), runForm(simulated)];
  const [transitions, timing] = compareLives(a, b);
  const aspects = { responses: compareAnswers(a, b), final: compareFinal(a, b), transitions, events: compareEvents(a, b), timing };
  return { aspects, overall: mean(ASPECTS.map((aspect) => aspects[aspect].score)) };
}

const mean = (scores: readonly number[]): number => (scores.length === 0 ? 1 : scores.reduce((sum, score) => sum + score, 0) / scores.length);

const union = <K>(a: ReadonlyMap<K, unknown>, b: ReadonlyMap<K, unknown>): K[] => [...new Set([...a.keys(), ...b.keys()])];

/** A right status is half of an answer. */
function compareAnswers(a: RunForm, b: RunForm): AspectResult {
  const differences: string[] = [];
  const scores = a.answers.map(({ what, status, body }, i) => {
    const other = b.answers[i];
    if (other?.status === status) return 0.5 + 0.5 * alike(body, other?.body ?? null, what, differences);
    differences.push(`${what}: ${status} in the real cluster, ${other?.status ?? 'not sent'} in the simulation`);
    return 0;
  });
  return { score: mean(scores), differences };
}

function compareFinal(a: RunForm, b: RunForm): AspectResult {
  const differences: string[] = [];
  const scores = union(a.final, b.final).map((label) => {
    const [real, simulated] = [a.final.get(label), b.final.get(label)];
    if (real !== undefined && simulated !== undefined) return alike(real, simulated, label, differences);
    differences.push(`${label}: only in the ${real === undefined ? 'simulation' : 'real cluster'}`);
    return 0;
  });
  for (const group of union(a.placement, b.placement)) {
    const [real, simulated] = [a.placement.get(group), b.placement.get(group)];
    scores.push(real === simulated ? 1 : 0);
    if (real !== simulated) differences.push(`pods of ${group} on nodes: ${real ?? 'none'} in the real cluster, ${simulated ?? 'none'} in the simulation`);
  }
  return { score: mean(scores), differences };
}

function compareLives(a: RunForm, b: RunForm): [AspectResult, AspectResult] {
  const [order, late]: [string[], string[]] = [[], []];
  const [scores, hits]: [number[], number[]] = [[], []];
  for (const label of union(a.lives, b.lives)) {
    const [real, simulated] = [a.lives.get(label) ?? [], b.lives.get(label) ?? []];
    const pairs = commonStates(real, simulated);
    scores.push((2 * pairs.length) / (real.length + simulated.length));
    if (2 * pairs.length < real.length + simulated.length) order.push(`${label}: ${sayStates(real, simulated, pairs)}`);
    for (const [x, y] of pairs) {
      const isClose = Math.abs(x.t - y.t) <= Math.max(CLOSE_MS, CLOSE_SHARE * x.t);
      hits.push(isClose ? 1 : 0);
      if (!isClose) late.push(`${label}: at ${x.t} ms in the real cluster, at ${y.t} ms in the simulation: ${x.looks.slice(0, 160)}`);
    }
  }
  return [{ score: mean(scores), differences: order }, { score: mean(hits), differences: late }];
}

function sayStates(real: readonly State[], simulated: readonly State[], pairs: readonly (readonly [State, State])[]): string {
  const missing = real.find((state) => !pairs.some(([x]) => x === state));
  const extra = simulated.find((state) => !pairs.some(([, y]) => y === state));
  const say = (what: string, state: State | undefined): string => (state === undefined ? '' : `; first ${what} at ${state.t} ms: ${state.looks.slice(0, 300)}`);
  return `${pairs.length} of ${real.length} real and ${simulated.length} simulated states agree${say('missing', missing)}${say('extra', extra)}`;
}

/** The longest sequence of states that both went through. */
function commonStates(a: readonly State[], b: readonly State[]): (readonly [State, State])[] {
  const width = b.length + 1;
  const length = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [below, right, across] = [length[(i + 1) * width + j], length[i * width + j + 1], length[(i + 1) * width + j + 1]] as [number, number, number];
      length[i * width + j] = a[i]?.looks === b[j]?.looks ? across + 1 : Math.max(below, right);
    }
  }
  const pairs: (readonly [State, State])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as State, b[j] as State];
    if (x.looks === y.looks) {
      pairs.push([x, y]);
      i++;
      j++;
    } else if ((length[(i + 1) * width + j] as number) >= (length[i * width + j + 1] as number)) i++;
    else j++;
  }
  return pairs;
}

/** Whether an event came at all weighs most; each doubling of its count as much again. */
function compareEvents(a: RunForm, b: RunForm): AspectResult {
  const differences: string[] = [];
  let [shared, all] = [0, 0];
  for (const key of union(a.events, b.events)) {
    const [real, simulated] = [a.events.get(key) ?? 0, b.events.get(key) ?? 0];
    shared += weight(Math.min(real, simulated));
    all += weight(Math.max(real, simulated));
    if (real !== simulated) differences.push(`${real} in the real cluster, ${simulated} in the simulation: ${key}`);
  }
  return { score: all === 0 ? 1 : shared / all, differences };
}

/** 0, 1, 2, 3 … for counts of 0, 1, 2, 4 …, straight in between: logarithms differ between engines. */
function weight(count: number): number {
  if (count === 0) return 0;
  const doublings = 31 - Math.clz32(count);
  const power = 1 << doublings;
  return 1 + doublings + (count - power) / power;
}

/** The share of fields that both have with one value. */
function alike(a: Json, b: Json, where: string, differences: string[]): number {
  const [left, right] = [leavesOf(a), leavesOf(b)];
  const paths = union(left, right);
  let same = 0;
  for (const path of paths) {
    if (left.has(path) && right.has(path) && left.get(path) === right.get(path)) same++;
    else differences.push(`${where} ${path}: ${JSON.stringify(left.get(path)) ?? 'nothing'} in the real cluster, ${JSON.stringify(right.get(path)) ?? 'nothing'} in the simulation`);
  }
  return paths.length === 0 ? 1 : same / paths.length;
}

/** Scalars by path; list items go by their type or name where they have one. */
function leavesOf(value: Json, path = '', out = new Map<string, Json>()): Map<string, Json> {
  if (typeof value !== 'object' || value === null) return out.set(path, value);
  if (Array.isArray(value)) value.forEach((item: Json, i: number) => leavesOf(item, `${path}[${itemName(item) ?? i}]`, out));
  else for (const [name, member] of Object.entries(value)) leavesOf(member ?? null, `${path}.${name}`, out);
  return out;
}

function itemName(item: Json): string | undefined {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return undefined;
  const { type, name } = item as { readonly type?: Json; readonly name?: Json };
  return typeof type === 'string' ? type : typeof name === 'string' ? name : undefined;
}
