/**
 * A recording by objects: what each was at the start, what a watcher saw of it, what it is at the end.
 */
import { controllerOf } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import type { Line, RequestLine, WatchLine } from './format.ts';

/** One object's life. Objects that follow each other under one name are different objects. */
export interface Life {
  /** The newest content. */
  readonly object: KubeObject;
  /** The content at the start, when it was there. */
  readonly initial?: KubeObject;
  readonly seen: readonly WatchLine[];
}

export interface History {
  readonly lives: readonly Life[];
  /** The newest content of each Event object. */
  readonly events: readonly KubeObject[];
  readonly final: readonly KubeObject[];
  readonly requests: readonly RequestLine[];
}

/** When a watcher saw the object first, in ms; -1 for what was there at the start. */
export const firstSeen = ({ seen }: Life): number => seen[0]?.t ?? -1;

/** The uid of the object's controller, if it has one. */
export const ownerUid = ({ object }: Life): string | undefined => controllerOf(object)?.uid;

const identity = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.namespace ?? ''}/${metadata.name}@${metadata.uid}`;

export function historyOf(lines: readonly Line[]): History {
  const lives = new Map<string, { object: KubeObject; initial?: KubeObject; seen: WatchLine[] }>();
  const events = new Map<string, KubeObject>();
  const requests: RequestLine[] = [];
  let final: readonly KubeObject[] = [];
  const lifeOf = (object: KubeObject): { object: KubeObject; initial?: KubeObject; seen: WatchLine[] } => {
    const key = identity(object);
    let life = lives.get(key);
    if (life === undefined) lives.set(key, (life = { object, seen: [] }));
    life.object = object;
    return life;
  };
  for (const line of lines) {
    if (line.rec === 'initial') for (const object of line.objects) lifeOf(object).initial = object;
    else if (line.rec === 'request') requests.push(line);
    else if (line.rec === 'final') final = line.objects.filter(({ kind }) => kind !== 'Event');
    else if (line.rec === 'watch' && line.object.kind !== 'Event') lifeOf(line.object).seen.push(line);
    else if (line.rec === 'watch' && line.type !== 'DELETED') events.set(`${line.object.metadata.namespace}/${line.object.metadata.name}`, line.object);
  }
  for (const object of final) lifeOf(object);
  return { lives: [...lives.values()], events: [...events.values()], final, requests };
}
