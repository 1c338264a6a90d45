/**
 * A whole recording in comparable form: answers, lives as sequences of states, events, and what there is at the end.
 */
import { canonical } from '../../../src/log/canonical.ts';
import type { Json } from '../../../src/index.ts';
import { controllerOf } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import { appearanceOf } from './appearance.ts';
import type { Line } from './format.ts';
import { historyOf, type Life } from './history.ts';
import { normalForm, normalObject } from './normal-form.ts';
import { tokensOf, type Tokens } from './tokens.ts';

/** One step of an object's life. */
export interface State {
  readonly looks: string;
  /** ms since the start. */
  readonly t: number;
}

export interface RunForm {
  readonly answers: readonly { readonly what: string; readonly status: number | undefined; readonly body: Json }[];
  readonly lives: ReadonlyMap<string, readonly State[]>;
  /** How often each event was seen. */
  readonly events: ReadonlyMap<string, number>;
  readonly final: ReadonlyMap<string, Json>;
  /** How the pods of each owner are spread over nodes, whichever nodes these are. */
  readonly placement: ReadonlyMap<string, string>;
}

const BOOTSTRAP_NAMESPACES: readonly string[] = ['kube-system', 'kube-public', 'kube-node-lease'];

/** What every cluster has of itself. */
const isOfTheCluster = ({ kind, metadata: { namespace, name } }: KubeObject): boolean =>
  BOOTSTRAP_NAMESPACES.includes(namespace ?? '') ||
  (kind === 'Namespace' && BOOTSTRAP_NAMESPACES.includes(name)) ||
  (kind === 'PriorityClass' && name.startsWith('system-')) ||
  name === 'kube-root-ca.crt';

export function runForm(lines: readonly Line[]): RunForm {
  const history = historyOf(lines);
  const tokens = tokensOf(history);
  const labelOf = (object: KubeObject): string => `${object.kind}/${object.metadata.namespace ?? ''}/${tokens.nameOf(object)}`;
  const final = history.final.filter((object) => !isOfTheCluster(object));
  return {
    answers: history.requests.map(({ method, path, status, response }) => ({ what: `${method} ${path}`, status, body: isObject(response) ? normalObject(response, tokens) : normalForm(response, tokens) })),
    lives: livesOf(history.lives, tokens, labelOf),
    events: eventsOf(history.events, tokens),
    final: new Map(final.map((object) => [labelOf(object), normalObject(object, tokens)])),
    placement: placementOf(final, tokens),
  };
}

const isObject = (value: unknown): value is KubeObject => typeof (value as KubeObject | undefined)?.metadata?.name === 'string';

function livesOf(all: readonly Life[], tokens: Tokens, labelOf: (object: KubeObject) => string): Map<string, readonly State[]> {
  const lives = new Map<string, readonly State[]>();
  for (const { object, initial, seen } of all) {
    if (isOfTheCluster(object) || seen.length === 0) continue;
    const states: State[] = [];
    let last = initial === undefined ? undefined : looksOf(initial, tokens);
    for (const line of seen) {
      const looks = line.type === 'DELETED' ? 'deleted' : looksOf(line.object, tokens);
      if (looks !== last) states.push({ looks, t: line.t });
      last = looks;
    }
    if (states.length === 0) continue;
    let label = labelOf(object);
    for (let n = 2; lives.has(label); n++) label = `${labelOf(object)}#${n}`;
    lives.set(label, states);
  }
  return lives;
}

function looksOf(object: KubeObject, tokens: Tokens): string {
  const own = appearanceOf(object);
  if (own !== undefined) return own;
  const { metadata, ...rest } = normalObject(object, tokens) as { readonly [field: string]: Json };
  const { labels = null, annotations = null, finalizers = null } = (metadata ?? {}) as { readonly [field: string]: Json };
  return canonical({ ...rest, labels, annotations, finalizers, deleting: object.metadata.deletionTimestamp !== undefined });
}

interface EventLike {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number };
  readonly source?: { readonly component?: string };
  readonly reportingComponent?: string;
}

/** Events about nodes are left out: they tell of machines and of starts. */
function eventsOf(events: readonly KubeObject[], tokens: Tokens): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events as readonly EventLike[]) {
    const { involvedObject: about = {}, type, reason, message = '', count, series, source, reportingComponent } = event;
    if (about.kind === 'Node' || about.kind === 'Lease') continue;
    const key = [about.kind, tokens.text(about.name ?? ''), type, reason, withoutNodes(tokens.text(message), tokens), source?.component || reportingComponent].join(' | ');
    counts.set(key, (counts.get(key) ?? 0) + (count ?? series?.count ?? 1));
  }
  return counts;
}

const withoutNodes = (text: string, tokens: Tokens): string => text.replace(/[\w.-]+/g, (word) => (tokens.isNode(word) ? '<node>' : word));

function placementOf(final: readonly KubeObject[], tokens: Tokens): Map<string, string> {
  const groups = new Map<string, Map<string, number>>();
  for (const pod of final) {
    const { nodeName, nodeSelector } = (pod['spec'] ?? {}) as { nodeName?: string; nodeSelector?: Readonly<Record<string, string>> };
    if (pod.kind !== 'Pod' || !nodeName) continue;
    const owner = controllerOf(pod);
    const group = owner === undefined ? `Pod/${pod.metadata.name}` : `${owner.kind}/${tokens.text(owner.name)}`;
    const place = owner === undefined && nodeSelector?.['kubernetes.io/hostname'] === undefined ? '<any>' : nodeName;
    const counts = groups.get(group) ?? new Map<string, number>();
    groups.set(group, counts.set(place, (counts.get(place) ?? 0) + 1));
  }
  return new Map([...groups].map(([group, counts]) => [group, group.startsWith('Pod/') ? [...counts.keys()].join() : [...counts.values()].sort((x, y) => x - y).join(' + ')]));
}
