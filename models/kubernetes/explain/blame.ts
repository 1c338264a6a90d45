/**
 * Who wrote a field of an object last: the etcd write, and the component whose request it was.
 */
import type { Json, LogRecord } from '../../../src/index.ts';
import { at, blame, type Blame, type ObjectWrites } from '../../../src/explain/blame.ts';
import { canonical } from '../../../src/log/canonical.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import { isSame } from '../../../src/replay/compare.ts';
import type { Seeker } from '../../../src/replay/seek.ts';
import { applyEdits, type Edit } from '../object/diff.ts';
import type { StoreView } from './store-view.ts';
import { isComplete, lastTouch, NO_SEQS } from './trail.ts';

/** Objects by their etcd key. */
export const ETCD_WRITES: ObjectWrites = {
  needle: (key) => `"key":${canonical(key)}`,
  isWhole: (key, record) =>
    record.facts.some(({ kind, data }) => {
      const fact = data as { key?: string; value?: Json };
      return fact.key === key && (kind === 'etcd.delete' || (kind === 'etcd.put' && fact.value !== undefined));
    }),
  apply: (key, before, record) => {
    let value = before;
    for (const { kind, data } of record.facts) {
      const fact = data as unknown as { key?: string; value?: Json; edits?: readonly Edit[] };
      if (fact.key !== key) continue;
      if (kind === 'etcd.delete') value = undefined;
      else if (kind === 'etcd.put') value = fact.value ?? applyEdits(value as Json, fact.edits ?? []);
    }
    return value;
  },
};

/** The last write of a field with the component that asked for it. */
export interface FieldBlame extends Blame {
  /** The actor whose request it was. */
  readonly writer: string;
  /** The step in which that actor decided. */
  readonly decision: LogRecord;
}

/** The last change of `pointer` of the object at `key` before `position`; '' is the object as a whole. */
export function blameField(log: LogReader, key: string, pointer: string, position: number = log.length): FieldBlame | undefined {
  const found = blame(log, ETCD_WRITES, key, pointer, position);
  if (found === undefined) return undefined;
  const decision = requesterOf(log, found.record);
  return { ...found, writer: decision.actor, decision };
}

/** The last write that touched a field, with the component that asked for it. What it was before is not worked out. */
export type Touch = Pick<FieldBlame, 'record' | 'writer' | 'decision'>;

/** The last touch of a field before `position`: by the view's list of writes, or by going back through the log where that is not enough. */
export function touchField(log: LogReader, view: StoreView, key: string, pointer: string, position: number): Touch | undefined {
  const seqs = view.objects.get(key)?.writes ?? view.gone.get(key) ?? NO_SEQS;
  const record = lastTouch(log, key, seqs, pointer, position);
  if (record === undefined) return isComplete(seqs) ? undefined : blameField(log, key, pointer, position);
  const decision = requesterOf(log, record);
  return { record, writer: decision.actor, decision };
}

/**
 * The same as {@link blameField}, by the states around the writes that are known to have touched the field: in a long log a few
 * blocks are read instead of all.
 */
export function blameSeeking(seeker: Seeker<StoreView>, key: string, pointer: string, position: number): FieldBlame | undefined {
  for (let end = position; ; ) {
    const touch = touchField(seeker.log, seeker.at(end), key, pointer, end);
    if (touch === undefined) return undefined;
    const { seq } = touch.record;
    const [before, after] = [valueAt(seeker.at(seq), key, pointer), valueAt(seeker.at(seq + 1), key, pointer)];
    if (!isSame(before, after)) return { ...touch, before, after };
    end = seq;
  }
}

const valueAt = (view: StoreView, key: string, pointer: string): Json | undefined => at(view.objects.get(key)?.object as unknown as Json | undefined, pointer);

/** The nearest cause that is neither etcd's nor an API server's: the step of the client that asked. */
export function requesterOf(log: LogReader, record: LogRecord): LogRecord {
  let step = record;
  while (step.cause >= 0 && /^(etcd|kube-apiserver)/.test(step.actor)) step = log.at(step.cause);
  return step;
}

/** A field as people write it (`spec.replicas`, `status.conditions[0].type`, `.metadata.name`) as a JSON pointer. */
export function pointerOf(field: string): string {
  if (field === '' || field.startsWith('/')) return field;
  const tokens: string[] = [];
  for (const match of field.matchAll(/\["([^"]+)"\]|\['([^']+)'\]|\[(\d+)\]|([^.[\]]+)/g)) {
    tokens.push(match[1] ?? match[2] ?? match[3] ?? (match[4] as string));
  }
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
