/**
 * The checks of the restricted level. Source: pod-security-admission/policy/check_*.go.
 */
import { badSeccomp } from './baseline.ts';
import { containersOf, isWindows, named, namesWhere, plural, quoted, setters, sorted, type Check, type PodSpec, type Violation } from './check.ts';

/** Windows pods are spared what only Linux has, from this minor version on. */
const WINDOWS_SINCE = 25;
const VOLUME_TYPES: readonly string[] = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'];

const restricted = (id: string, since: number, run: Check['run'], overrides: readonly string[] = []): Check => ({ id, level: 'restricted', since, run, overrides });

function capabilities(spec: PodSpec): Violation | undefined {
  const missing = namesWhere(spec, ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes('ALL'));
  const extra = (container: { readonly securityContext?: PodSpec['securityContext'] }): string[] => (container.securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE');
  const adding = namesWhere(spec, (container) => extra(container).length > 0);
  const details = [
    ...(missing.length > 0 ? [`${named(missing)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${named(adding)} must not include ${quoted(sorted(containersOf(spec).flatMap(extra)))} in securityContext.capabilities.add`] : []),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

function volumes({ volumes: all = [] }: PodSpec): Violation | undefined {
  const typeOf = (volume: Readonly<Record<string, unknown>>): string => Object.keys(volume).find((key) => key !== 'name' && volume[key] !== undefined) ?? 'unknown';
  const bad = all.filter((volume) => !VOLUME_TYPES.includes(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const names = bad.map((volume) => String(volume['name']));
  const detail = `${plural('volume', 'volumes', names.length)} ${quoted(names)} ${plural('uses', 'use', names.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${quoted(types)}`;
  return { reason: 'restricted volume types', detail };
}

function runAsNonRoot(spec: PodSpec): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const own = spec.securityContext?.runAsNonRoot;
  const explicit = setters(own === false, namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false));
  if (explicit.length > 0) return { reason, detail: `${explicit.join(' and ')} must not set securityContext.runAsNonRoot=false` };
  const implicit = own === true ? [] : namesWhere(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return implicit.length === 0 ? undefined : { reason, detail: `pod or ${named(implicit)} must set securityContext.runAsNonRoot=true` };
}

function seccomp(spec: PodSpec): Violation | undefined {
  const explicit = badSeccomp(spec);
  if (explicit !== undefined) return explicit;
  const implicit = spec.securityContext?.seccompProfile !== undefined ? [] : namesWhere(spec, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  return implicit.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${named(implicit)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
}

const onLinux =
  (run: (spec: PodSpec) => Violation | undefined): Check['run'] =>
  (spec, _meta, minor) =>
    minor >= WINDOWS_SINCE && isWindows(spec) ? undefined : run(spec);

export const RESTRICTED: readonly Check[] = [
  restricted('allowPrivilegeEscalation', 8, onLinux((spec) => {
    const names = namesWhere(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
    return names.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${named(names)} must set securityContext.allowPrivilegeEscalation=false` };
  })),
  restricted('capabilities_restricted', 22, onLinux(capabilities), ['capabilities_baseline']),
  restricted('restrictedVolumes', 0, volumes, ['hostPathVolumes']),
  restricted('runAsNonRoot', 0, runAsNonRoot),
  restricted('runAsUser', 23, (spec) => {
    const who = setters(spec.securityContext?.runAsUser === 0, namesWhere(spec, ({ securityContext }) => securityContext?.runAsUser === 0));
    return who.length === 0 ? undefined : { reason: 'runAsUser=0', detail: `${who.join(' and ')} must not set runAsUser=0` };
  }),
  restricted('seccompProfile_restricted', 19, onLinux(seccomp), ['seccompProfile_baseline']),
];
