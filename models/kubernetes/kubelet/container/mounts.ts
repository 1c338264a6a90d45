/** Volume mounts of a container, with their sub paths checked before anything is made (kubelet_pods.go, makeMounts). */
import type { CriMount } from '../../api/cri.ts';
import type { core, Pod } from '../../object/types.ts';
import { type Environment, expand } from './environment.ts';

/** The mounts, or the text of a CreateContainerConfigError. */
export function makeMounts(pod: Pod, container: core.Container, envs: Environment, pathOf: (volume: string) => string | undefined): CriMount[] | string {
  const mounts: CriMount[] = [];
  for (const mount of container.volumeMounts ?? []) {
    const hostPath = pathOf(mount.name);
    if (hostPath === undefined) return `cannot find volume "${mount.name}" to mount into container "${container.name}"`;
    const subPath = subPathOf(mount, envs);
    if ('problem' in subPath) return subPath.problem;
    const isReadOnly = mount.readOnly === true || claimIsReadOnly(pod, mount.name);
    mounts.push({ containerPath: mount.mountPath, hostPath, readOnly: isReadOnly, ...(subPath.path === '' ? {} : { subPath: subPath.path }) });
  }
  return mounts;
}

function subPathOf(mount: core.VolumeMount, envs: Environment): { readonly path: string } | { readonly problem: string } {
  let path = mount.subPath ?? '';
  if (mount.subPathExpr) {
    const missing = new Set<string>();
    path = expand(mount.subPathExpr, (name) => {
      const value = envs.find(({ key }) => key === name)?.value;
      if (!value) missing.add(name);
      return value ?? '';
    });
    if (missing.size > 0) return { problem: `missing value for ${[...missing].sort((a, b) => (a < b ? -1 : 1)).join(', ')}` };
  }
  if (path.startsWith('/')) return { problem: `error SubPath \`${path}\` must not be an absolute path` };
  if (path.split('/').includes('..')) return { problem: `unable to provision SubPath \`${path}\`: must not contain '..'` };
  return { path };
}

function claimIsReadOnly(pod: Pod, name: string): boolean {
  const volume = (pod.spec.volumes ?? []).find((each) => each.name === name);
  return volume?.persistentVolumeClaim?.readOnly === true;
}
