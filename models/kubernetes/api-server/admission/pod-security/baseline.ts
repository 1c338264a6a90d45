/**
 * The checks of the baseline level. Source: pod-security-admission/policy/check_*.go.
 */
import { goQuote } from '../../status/go-format.ts';
import { containersOf, named, namesWhere, plural, quoted, setters, sorted, type Check, type PodSpec, type Violation } from './check.ts';

const DEFAULT_CAPABILITIES: readonly string[] = [
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT',
];
const SELINUX_TYPES: readonly string[] = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
const SELINUX_ENGINE = { type: 'container_engine_t', since: 31 } as const;
/** Safe sysctls, with the minor version from which they are. */
const SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};
const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

const baseline = (id: string, run: Check['run']): Check => ({ id, level: 'baseline', since: 0, run });

function hostNamespaces({ hostNetwork, hostPID, hostIPC }: PodSpec): Violation | undefined {
  const used = [...(hostNetwork === true ? ['hostNetwork=true'] : []), ...(hostPID === true ? ['hostPID=true'] : []), ...(hostIPC === true ? ['hostIPC=true'] : [])];
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.join(', ') };
}

function hostPorts(spec: PodSpec): Violation | undefined {
  const names = namesWhere(spec, ({ ports = [] }) => ports.some(({ hostPort }) => (hostPort ?? 0) !== 0));
  if (names.length === 0) return undefined;
  const ports = sorted(containersOf(spec).flatMap((container) => (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))));
  return { reason: 'hostPort', detail: `${named(names)} ${plural('uses', 'use', names.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}` };
}

function appArmor(spec: PodSpec, annotations: Readonly<Record<string, string>>): Violation | undefined {
  const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const who = setters(isBad(spec.securityContext?.appArmorProfile?.type), namesWhere(spec, ({ securityContext }) => isBad(securityContext?.appArmorProfile?.type)));
  const types = sorted([spec, ...containersOf(spec)].flatMap(({ securityContext }) => (isBad(securityContext?.appArmorProfile?.type) ? [securityContext?.appArmorProfile?.type as string] : [])));
  const bad = Object.keys(annotations).filter((key) => {
    const value = annotations[key] ?? '';
    return key.startsWith(APPARMOR_PREFIX) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/');
  });
  const details = [
    ...(who.length > 0 ? [`${who.join(' and ')} must not set AppArmor profile type to ${quoted(types)}`] : []),
    ...(bad.length > 0 ? [`${plural('annotation', 'annotations', bad.length)} ${bad.sort().map((key) => `${goQuote(key)}=${goQuote(annotations[key] ?? '')}`).join(', ')}`] : []),
  ];
  return details.length === 0 ? undefined : { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', types.length + bad.length), detail: details.join('; ') };
}

function seLinux(spec: PodSpec, minor: number): Violation | undefined {
  const options = (entry: { readonly securityContext?: PodSpec['securityContext'] }): NonNullable<NonNullable<PodSpec['securityContext']>['seLinuxOptions']> => entry.securityContext?.seLinuxOptions ?? {};
  const isBadType = (type = ''): boolean => !SELINUX_TYPES.includes(type) && !(type === SELINUX_ENGINE.type && minor >= SELINUX_ENGINE.since);
  const isBad = (entry: { readonly securityContext?: PodSpec['securityContext'] }): boolean => {
    const { type, user, role } = options(entry);
    return isBadType(type) || Boolean(user) || Boolean(role);
  };
  const who = setters(isBad(spec), namesWhere(spec, isBad));
  if (who.length === 0) return undefined;
  const all = [spec, ...containersOf(spec)].map(options);
  const types = sorted(all.flatMap(({ type }) => (isBadType(type) ? [type as string] : [])));
  const words = [
    ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
    ...(all.some(({ user }) => Boolean(user)) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => Boolean(role)) ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${words.join('; ')}` };
}

/** Profiles other than RuntimeDefault and Localhost that are set explicitly. */
export function badSeccomp(spec: PodSpec): Violation | undefined {
  const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const who = setters(isBad(spec.securityContext?.seccompProfile?.type), namesWhere(spec, ({ securityContext }) => isBad(securityContext?.seccompProfile?.type)));
  if (who.length === 0) return undefined;
  const types = sorted([spec, ...containersOf(spec)].flatMap(({ securityContext }) => (isBad(securityContext?.seccompProfile?.type) ? [securityContext?.seccompProfile?.type as string] : [])));
  return { reason: 'seccompProfile', detail: `${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(types)}` };
}

function mustNotSet(spec: PodSpec, reason: string, isSet: (container: { readonly securityContext?: PodSpec['securityContext'] }) => boolean, words: string, withPod: boolean): Violation | undefined {
  const who = setters(withPod && isSet(spec), namesWhere(spec, isSet));
  return who.length === 0 ? undefined : { reason, detail: `${who.join(' and ')} must not set ${words}` };
}

export const BASELINE: readonly Check[] = [
  baseline('appArmorProfile', (spec, { annotations = {} }) => appArmor(spec, annotations)),
  baseline('capabilities_baseline', (spec) => {
    const extra = (container: { readonly securityContext?: PodSpec['securityContext'] }): string[] => (container.securityContext?.capabilities?.add ?? []).filter((name) => !DEFAULT_CAPABILITIES.includes(name));
    const names = namesWhere(spec, (container) => extra(container).length > 0);
    if (names.length === 0) return undefined;
    return { reason: 'non-default capabilities', detail: `${named(names)} must not include ${quoted(sorted(containersOf(spec).flatMap(extra)))} in securityContext.capabilities.add` };
  }),
  baseline('hostNamespaces', hostNamespaces),
  baseline('hostPathVolumes', ({ volumes = [] }) => {
    const names = volumes.filter((volume) => volume['hostPath'] !== undefined).map((volume) => String(volume['name']));
    return names.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
  }),
  baseline('hostPorts', hostPorts),
  baseline('privileged', (spec) => mustNotSet(spec, 'privileged', ({ securityContext }) => securityContext?.privileged === true, 'securityContext.privileged=true', false)),
  baseline('procMount', (spec) => {
    const isBad = (type: string | undefined): boolean => type !== undefined && type !== 'Default';
    const types = sorted(containersOf(spec).flatMap(({ securityContext }) => (isBad(securityContext?.procMount) ? [securityContext?.procMount as string] : [])));
    return mustNotSet(spec, 'procMount', ({ securityContext }) => isBad(securityContext?.procMount), `securityContext.procMount to ${quoted(types)}`, false);
  }),
  baseline('seLinuxOptions', (spec, _meta, minor) => seLinux(spec, minor)),
  baseline('seccompProfile_baseline', badSeccomp),
  baseline('sysctls', ({ securityContext }, _meta, minor) => {
    const bad = (securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => (SYSCTLS[name] ?? Infinity) > minor);
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  }),
  baseline('windowsHostProcess', (spec) => mustNotSet(spec, 'hostProcess', ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true, 'securityContext.windowsOptions.hostProcess=true', true)),
];
