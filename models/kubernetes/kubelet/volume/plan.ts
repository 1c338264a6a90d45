/**
 * What each volume of a pod is on the node: its path and content (pkg/volume plugins).
 *
 * Content that comes from the API (config maps, secrets, tokens, claims) is read through `Sources`; what is missing and not
 * optional is the text of a FailedMount event.
 */
import type { VolumeContent } from '../../api/cri.ts';
import type { Task } from '../../client/process.ts';
import { isRight } from 'fp-ts/lib/Either.js';
import { parseQuantity, quantityValue } from '../../object/quantity.ts';
import type { core, Pod } from '../../object/types.ts';
import { fieldValue, resourceValue, type EnvironmentInputs } from '../container/environment.ts';

/** What an object holds; undefined if there is none; or why nobody may know. */
export type Data = Readonly<Record<string, string>> | Unregistered | undefined;

/** The kubelet does not keep this object, as no pod that may run asked for it (util/manager/cache_based_manager.go). */
export class Unregistered {
  readonly message: string;

  constructor(namespace: string, name: string) {
    this.message = `object "${namespace}"/"${name}" not registered`;
  }
}

export interface Sources {
  configMap(namespace: string, name: string): Task<Data>;
  secret(namespace: string, name: string): Task<Data>;
  token(pod: Pod, audience: string | undefined, seconds: number): Task<string | { readonly problem: string }>;
  claim(namespace: string, name: string): Task<Claimed | { readonly problem: string }>;
}

/** What a claim is bound to. */
export interface Claimed {
  /** The volume's name. */
  readonly volume: string;
  /** Its name in the node's status, if it is one that is attached. */
  readonly inUse?: string;
}

export type Planned = { readonly path: string; readonly content: VolumeContent; readonly inUse?: string } | { readonly problem: string };

type Files = Record<string, { content: string; mode: number; uid?: number }>;

/** Directory of a pod's volumes. */
export function volumePath(pod: Pod, plugin: string, name: string): string {
  return `/var/lib/kubelet/pods/${pod.metadata.uid}/volumes/kubernetes.io~${plugin}/${name}`;
}

/** Where the kubelet puts a volume that is not shared with others; undefined for claims and host paths. */
export function ownPath(pod: Pod, volume: core.Volume): string | undefined {
  if (volume.emptyDir !== undefined) return volumePath(pod, 'empty-dir', volume.name);
  if (volume.hostPath !== undefined || volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) return undefined;
  const plugin = volume.configMap !== undefined ? 'configmap' : volume.secret !== undefined ? 'secret' : volume.projected !== undefined ? 'projected' : 'downward-api';
  return volumePath(pod, plugin, volume.name);
}

/** Names of the volumes that some container mounts; others are not set up. */
export function usedVolumes(pod: Pod): core.Volume[] {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...((pod.spec.ephemeralContainers ?? []) as unknown as core.Container[])];
  const used = new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
  return (pod.spec.volumes ?? []).filter(({ name }) => used.has(name));
}

/** Does the content come from objects that may change? */
export function isRefreshable(volume: core.Volume): boolean {
  if (volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined) return true;
  const sources = volume.projected?.sources ?? [];
  // The token, root certificate and namespace that every pod has are left out: they change on no occasion that a simulation has.
  return sources.some(({ configMap, secret, downwardAPI }) => {
    if (secret !== undefined || (configMap !== undefined && configMap.name !== 'kube-root-ca.crt')) return true;
    return (downwardAPI?.items ?? []).some(({ fieldRef }) => /^metadata\.(?:labels|annotations)/.test(fieldRef?.fieldPath ?? ''));
  });
}

export function* planVolume(pod: Pod, volume: core.Volume, sources: Sources, inputs: EnvironmentInputs): Task<Planned> {
  const { name } = volume;
  if (volume.emptyDir !== undefined) return emptyDir(pod, volume);
  if (volume.hostPath !== undefined) return { path: volume.hostPath.path, content: { kind: 'host', type: volume.hostPath.type ?? '' } };
  const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${name}`);
  if (claim !== undefined) {
    const bound = yield* sources.claim(pod.metadata.namespace ?? '', claim);
    if ('problem' in bound) return bound;
    return { path: volumePath(pod, 'csi', bound.volume), content: { kind: 'persistent', name: bound.volume, ...groupOf(pod) }, ...(bound.inUse === undefined ? {} : { inUse: bound.inUse }) };
  }
  const files: Files = {};
  const problem = yield* fillFiles(pod, volume, sources, inputs, files);
  if (problem !== undefined) return { problem };
  return { path: ownPath(pod, volume) ?? volumePath(pod, 'projected', name), content: { kind: 'files', memory: volume.configMap === undefined, files, ...groupOf(pod) } };
}

/** Who may read a token: the fsGroup, or the one user of all containers, or everybody (projected.go, collectData). */
function tokenAccess({ spec }: Pod): { readonly mode: number; readonly uid?: number } {
  if (spec.securityContext?.fsGroup !== undefined) return { mode: 0o600 };
  const users = new Set([...spec.containers, ...(spec.initContainers ?? [])].map(({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser));
  const [uid] = users;
  return users.size === 1 && uid !== undefined ? { mode: 0o600, uid } : { mode: 0o644 };
}

function groupOf({ spec }: Pod): { readonly fsGroup?: number } {
  const fsGroup = spec.securityContext?.fsGroup;
  return fsGroup === undefined ? {} : { fsGroup };
}

function emptyDir(pod: Pod, volume: core.Volume): Planned {
  const memory = volume.emptyDir?.medium === 'Memory';
  const limit = volume.emptyDir?.sizeLimit === undefined ? undefined : parseQuantity(String(volume.emptyDir.sizeLimit));
  const capacity = limit !== undefined && isRight(limit) ? { capacityBytes: quantityValue(limit.right) } : {};
  return { path: volumePath(pod, 'empty-dir', volume.name), content: { kind: 'empty', memory, ...capacity, ...groupOf(pod) } };
}

function* fillFiles(pod: Pod, volume: core.Volume, sources: Sources, inputs: EnvironmentInputs, files: Files): Task<string | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return yield* addKeys(pod, 'configmap', configMap.name ?? '', configMap, configMap.defaultMode ?? 0o644, sources, files);
  if (secret !== undefined) {
    return yield* addKeys(pod, 'secret', secret.secretName ?? '', secret, secret.defaultMode ?? 0o644, sources, files);
  }
  if (downwardAPI !== undefined) {
    addDownward(pod, downwardAPI.items ?? [], downwardAPI.defaultMode ?? 0o644, inputs, files);
    return undefined;
  }
  return yield* addProjected(pod, projected, sources, inputs, files);
}

/** Goes through all sources, and tells all that is wrong with them (projected.go, collectData). */
function* addProjected(pod: Pod, projected: core.ProjectedVolumeSource | undefined, sources: Sources, inputs: EnvironmentInputs, files: Files): Task<string | undefined> {
  const mode = projected?.defaultMode ?? 0o644;
  const problems = new Set<string>();
  for (const source of projected?.sources ?? []) {
    let problem: string | undefined;
    if (source.configMap !== undefined) problem = yield* addKeys(pod, 'configmap', source.configMap.name ?? '', source.configMap, mode, sources, files);
    else if (source.secret !== undefined) problem = yield* addKeys(pod, 'secret', source.secret.name ?? '', source.secret, mode, sources, files);
    else if (source.downwardAPI !== undefined) addDownward(pod, source.downwardAPI.items ?? [], mode, inputs, files);
    else if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds = 3600, path } = source.serviceAccountToken;
      const token = yield* sources.token(pod, audience, expirationSeconds);
      if (typeof token === 'string') files[path] = { content: token, ...tokenAccess(pod) };
      else problem = token.problem;
    }
    if (problem !== undefined) problems.add(problem);
  }
  // A single missing registration is in brackets, too: so it was recorded.
  const text = [...problems].join(', ');
  return problems.size === 0 ? undefined : problems.size > 1 || text.endsWith(' not registered') ? `[${text}]` : text;
}

function* addKeys(
  pod: Pod,
  kind: 'configmap' | 'secret',
  name: string,
  source: { readonly items?: readonly core.KeyToPath[]; readonly optional?: boolean },
  mode: number,
  sources: Sources,
  files: Files,
): Task<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const data = kind === 'configmap' ? yield* sources.configMap(namespace, name) : yield* sources.secret(namespace, name);
  if (data instanceof Unregistered) return data.message;
  if (data === undefined) return source.optional === true ? undefined : `${kind} "${name}" not found`;
  if (source.items === undefined || source.items.length === 0) {
    for (const [key, content] of Object.entries(data)) files[key] = { content, mode };
    return undefined;
  }
  for (const { key, path, mode: own } of source.items) {
    const content = data[key];
    if (content === undefined && source.optional !== true) return `${kind === 'configmap' ? 'configmap references non-existent config' : 'references non-existent secret'} key: ${key}`;
    if (content !== undefined) files[path] = { content, mode: own ?? mode };
  }
  return undefined;
}

function addDownward(pod: Pod, items: readonly core.DownwardAPIVolumeFile[], mode: number, inputs: EnvironmentInputs, files: Files): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
    let content = '';
    if (fieldRef !== undefined) content = fieldValue(pod, fieldRef.fieldPath, inputs);
    else if (resourceFieldRef !== undefined) content = resourceValue(pod, pod.spec.containers[0] as core.Container, resourceFieldRef, inputs.allocatable);
    files[path] = { content, mode: own ?? mode };
  }
}
