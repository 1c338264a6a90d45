/**
 * Who wrote a field of an object last: the etcd write, and the component whose request it was.
 */
import type { Json, LogRecord } from '../../../src/index.ts';
import { blame, type Blame, type ObjectWrites } from '../../../src/explain/blame.ts';
import { canonical } from '../../../src/log/canonical.ts';
import type { LogReader } from '../../../src/log/reader.ts';
import { applyEdits, type Edit } from '../object/diff.ts';

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

/** The nearest cause that is neither etcd's nor an API server's: the step of the client that asked. */
export function requesterOf(log: LogReader, record: LogRecord): LogRecord {
  let at = record;
  while (at.cause >= 0 && /^(etcd|kube-apiserver)/.test(at.actor)) at = log.at(at.cause);
  return at;
}

/** How far back facts are looked for. */
const FACTS_WITHIN = 400_000;

/** The last record before `position` with a fact of `kind` that `is` accepts and whose text has `mention` in it. */
export function factBefore(log: LogReader, position: number, kind: string, mention: string, is: (data: { readonly [key: string]: unknown }) => boolean): LogRecord | undefined {
  const stop = Math.max(0, position - FACTS_WITHIN);
  for (let end = position; end > stop; ) {
    const view = log.blockOf(end - 1);
    if (view.mentions(kind)) {
      const found = view.withText(mention);
      for (let k = found.length - 1; k >= 0; k--) {
        const i = found[k] as number;
        if (view.seq + i >= end || !view.factKindsOf(i).includes(kind)) continue;
        const record = view.record(i);
        if (record.facts.some((fact) => fact.kind === kind && is(fact.data as { readonly [key: string]: unknown }))) return record;
      }
    }
    end = view.seq;
  }
  return undefined;
}

/** The last crash, restart, pause or other control event of an actor before `position`. */
export function controlBefore(log: LogReader, position: number, actor: string): LogRecord | undefined {
  const stop = Math.max(0, position - FACTS_WITHIN);
  for (let end = position; end > stop; ) {
    const view = log.blockOf(end - 1);
    if (view.mentions(actor)) {
      for (let i = Math.min(view.count, end - view.seq) - 1; i >= 0; i--) {
        if (view.viaOf(i) === 'control' && view.kept(i) === 'whole' && view.actorOf(i) === actor) return view.record(i);
      }
    }
    end = view.seq;
  }
  return undefined;
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
