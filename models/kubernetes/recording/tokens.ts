/**
 * Names, addresses, ids and times that differ between two runs of one cluster, and stable tokens in their place.
 *
 * Generated objects are named after their controller and their place among its children, in the order in which they came; children
 * of one controller that cannot be told apart otherwise are ordered by what they went through.
 */
import type { KubeObject } from '../object/types.ts';
import { appearanceOf } from './appearance.ts';
import { firstSeen, ownerUid, type History, type Life } from './history.ts';

const TIME = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\b/g;
const UID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const CONTAINER_ID = /\b(?:containerd|docker|cri-o):\/\/[0-9a-f]+/g;
const DIGEST = /sha256:[0-9a-f]{64}/g;
const TOKEN_VOLUME = /kube-api-access-[a-z0-9]{5}/g;
const HASH_LABELS = ['pod-template-hash', 'controller-revision-hash', 'controller.kubernetes.io/hash'] as const;

/** Kinds whose objects controllers name, parents before children. */
const GENERATED = ['ReplicaSet', 'ControllerRevision', 'EndpointSlice', 'Job', 'Pod'] as const;

export interface Tokens {
  /** The stable name of an object. */
  nameOf(object: KubeObject): string;
  /** A text with all that differs replaced. */
  text(value: string): string;
  isNode(name: string): boolean;
  /** Whether a user asked for this very value (a chosen address or port stays as it is). */
  isRequested(value: string): boolean;
}

export function tokensOf(history: History): Tokens {
  const names = stableNames(history.lives);
  const requested = JSON.stringify(history.requests.map(({ body }) => body ?? null));
  const nameOf = ({ metadata }: KubeObject): string => names.get(metadata.name) ?? metadata.name;
  const uids = new Map(history.lives.map(({ object }) => [object.metadata.uid as string, `<uid ${object.kind}/${nameOf(object)}>`]));
  const addresses = addressTokens(history, nameOf, requested);
  const nodes = new Set(history.lives.filter(({ object }) => object.kind === 'Node').map(({ object }) => object.metadata.name));
  const replaceNames = replacer(names, '', '');
  const replaceAddresses = replacer(addresses, '(?<![\\d.])', '(?![\\d.])');
  return {
    nameOf,
    isNode: (name) => nodes.has(name),
    isRequested: (value) => requested.includes(value),
    text: (value) =>
      replaceAddresses(replaceNames(value.replace(TIME, '<time>')))
        .replace(UID, (uid) => uids.get(uid) ?? '<uid>')
        .replace(TOKEN_VOLUME, 'kube-api-access-<x>')
        .replace(CONTAINER_ID, '<containerID>')
        .replace(DIGEST, '<digest>'),
  };
}

/** Replaces every key by its value, longest first. */
function replacer(tokens: ReadonlyMap<string, string>, before: string, after: string): (text: string) => string {
  if (tokens.size === 0) return (text) => text;
  const keys = [...tokens.keys()].sort((x, y) => y.length - x.length || (x < y ? -1 : 1));
  const pattern = new RegExp(`${before}(?:${keys.map((key) => key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})${after}`, 'g');
  return (text) => text.replace(pattern, (key) => tokens.get(key) as string);
}

function stableNames(lives: readonly Life[]): Map<string, string> {
  const names = new Map<string, string>();
  const nameByUid = new Map(lives.map(({ object }) => [object.metadata.uid as string, object.metadata.name]));
  for (const kind of GENERATED) {
    for (const [owner, children] of childrenByOwner(lives, kind)) {
      const parent = nameByUid.get(owner);
      const parentName = parent === undefined ? owner : (names.get(parent) ?? parent);
      inOrder(children, kind).forEach(({ object: { metadata } }, i) => {
        if (kind === 'Pod' && metadata.generateName === undefined) return; // StatefulSet pods have names of their own.
        const place = metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? String(i);
        names.set(metadata.name, `${parentName}-${kind.toLowerCase()}${place}`);
        const hash = kind === 'Pod' ? undefined : HASH_LABELS.map((label) => metadata.labels?.[label]).find((value) => value !== undefined);
        if (hash !== undefined) names.set(hash, `<hash${i}>`);
      });
    }
  }
  return names;
}

function childrenByOwner(lives: readonly Life[], kind: string): Map<string, Life[]> {
  const groups = new Map<string, Life[]>();
  for (const life of lives) {
    const owner = life.object.kind === kind ? ownerUid(life) : undefined;
    if (owner === undefined) continue;
    const group = groups.get(owner);
    if (group === undefined) groups.set(owner, [life]);
    else group.push(life);
  }
  return groups;
}

function inOrder(children: readonly Life[], kind: string): Life[] {
  const story = new Map(children.map((life) => [life, kind === 'Pod' ? life.seen.map(({ type, object }) => `${type} ${appearanceOf(object)}`).join('\n') : '']));
  return [...children].sort((x, y) => {
    const [a, b] = [story.get(x) as string, story.get(y) as string];
    return a === b ? firstSeen(x) - firstSeen(y) : a < b ? -1 : 1;
  });
}

function addressTokens({ lives }: History, nameOf: (object: KubeObject) => string, requested: string): Map<string, string> {
  const tokens = new Map<string, string>();
  for (const { object, seen } of lives) {
    const { spec, status } = object as unknown as { spec?: { clusterIPs?: readonly string[] }; status?: { addresses?: readonly { type: string; address: string }[] } };
    for (const state of [...seen.map((line) => line.object), object]) {
      const { podIPs = [] } = (state['status'] ?? {}) as { podIPs?: readonly { ip: string }[] };
      for (const { ip } of podIPs) tokens.set(ip, `<ip ${nameOf(object)}>`);
    }
    if (object.kind === 'Service') for (const ip of spec?.clusterIPs ?? []) if (ip !== 'None' && !requested.includes(`"${ip}"`)) tokens.set(ip, `<clusterIP ${nameOf(object)}>`);
    if (object.kind === 'Node') for (const { type, address } of status?.addresses ?? []) if (type === 'InternalIP') tokens.set(address, '<nodeIP>');
  }
  return tokens;
}
