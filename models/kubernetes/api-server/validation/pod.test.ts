/** What is refused in Pods and pod templates: field and message as v1.32 gives them. */
import { describe, expect, it } from 'vitest';
import type { Json } from '../defaults/fill.ts';
import type { KubeObject } from '../../object/types.ts';
import { errorText } from '../status/field-error.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validatePodCreate, validateTemplate } from './pod.ts';

const MAIN: Json = { name: 'main', image: 'nginx', terminationMessagePolicy: 'File', imagePullPolicy: 'Always', resources: {} };
const SPEC: Json = {
  containers: [MAIN],
  restartPolicy: 'Always',
  dnsPolicy: 'ClusterFirst',
  serviceAccountName: 'default',
  terminationGracePeriodSeconds: 30,
  securityContext: {},
};

const pod = (spec: Json, annotations?: Record<string, string>): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', ...(annotations === undefined ? {} : { annotations }) }, spec: { ...SPEC, ...spec } }) as unknown as KubeObject;

const texts = (spec: Json, annotations?: Record<string, string>): string[] => validatePodCreate(pod(spec, annotations)).map(errorText);
const ofContainer = (container: Json, spec: Json = {}): string[] => texts({ ...spec, containers: [{ ...MAIN, ...container }] });
const ofVolume = (source: Json): string[] => texts({ volumes: [{ name: 'v', ...source }] });

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('containers', () => {
  const C = 'spec.containers[0]';
  it.each<readonly [string, Json, readonly string[]]>([
    ['a policy for the termination message', { terminationMessagePolicy: 'x' }, [`${C}.terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"`]],
    ['a field that is none', { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'foo' } } }] }, [`${C}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "foo": error converting fieldPath: field label not supported: foo`]],
    ['a field that variables cannot take', { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.labels' } } }] }, [`${C}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`]],
    ['a label as a variable', { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['app']" } } }] }, []],
    ['a subscript elsewhere', { env: [{ name: 'A', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.name['a']" } } }] }, [`${C}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name['a']": error converting fieldPath: field label does not support subscript: metadata.name['a']`]],
    ['a divisor', { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] }, [`${C}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`]],
    ['no name of a config map', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: '', key: 'k' } } }] }, [`${C}.env[0].valueFrom.configMapKeyRef.name: Invalid value: "": ${SUBDOMAIN}`]],
    ['a source of variables without source', { envFrom: [{}] }, [`${C}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``]],
    ['a name of a secret', { envFrom: [{ secretRef: { name: 'A' } }] }, [`${C}.envFrom[0].secretRef.name: Invalid value: "A": ${SUBDOMAIN}`]],
    ['an empty mount', { volumeMounts: [{}] }, [`${C}.volumeMounts[0].name: Required value`, `${C}.volumeMounts[0].name: Not found: ""`, `${C}.volumeMounts[0].mountPath: Required value`]],
    ['a port without name or number', { livenessProbe: { tcpSocket: { port: '' }, successThreshold: 1 } }, [`${C}.livenessProbe.tcpSocket.port: Invalid value: "": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)`, `${C}.livenessProbe.tcpSocket.port: Invalid value: "": must contain at least one letter (a-z)`]],
    ['a sleep of nothing', { lifecycle: { preStop: { sleep: { seconds: 0 } } } }, [`${C}.lifecycle.preStop.sleep: Invalid value: 0: must be greater than 0 and less than terminationGracePeriodSeconds (30). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`]],
    ['a request that needs a limit', { resources: { requests: { 'example.com/gpu': '1' } } }, [`${C}.resources.limits: Required value: Limit must be set for non overcommitable resources`]],
    ['half a huge page', { resources: { limits: { cpu: '1', 'hugepages-2Mi': '1Mi' } } }, [`${C}.resources.limits[hugepages-2Mi]: Invalid value: "1Mi": 1Mi is not positive integer multiple of hugepages-2Mi`]],
    ['half a device', { resources: { limits: { 'example.com/gpu': '500m' } } }, [`${C}.resources.limits[example.com/gpu]: Invalid value: resource.Quantity{i:resource.int64Amount{value:500, scale:-3}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:"500m", Format:"DecimalSI"}: must be an integer`]],
    ['a claim that the pod does not have', { resources: { claims: [{ name: 'c' }] } }, [`${C}.resources.claims[0]: Not found: "c": must be one of the names in pod.spec.resourceClaims which is empty`]],
    ['an image with a space', { image: ' nginx' }, [`${C}.image: Invalid value: " nginx": must not have leading or trailing whitespace`]],
    [
      'a seccomp profile that is nowhere',
      { securityContext: { seccompProfile: { type: 'x', localhostProfile: 'p' } } },
      [`${C}.securityContext.seccompProfile.type: Unsupported value: "x": supported values: "Localhost", "RuntimeDefault", "Unconfined"`, `${C}.securityContext.seccompProfile.localhostProfile: Invalid value: core.SeccompProfile{Type:"x", LocalhostProfile:(*string)(0xc000000000)}: can only be set when seccomp type is Localhost`],
    ],
    ['a user of Windows', { securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c' } } }, [`${C}.securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash`]],
  ])('%s', (_, container, expected) => expect(ofContainer(container)).toEqual(expected));

  it('names a mount by its list where upstream does', () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    expect(ofContainer({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '/x', mountPropagation: '' }] }, { volumes })).toEqual([
      `${C}.volumeMounts.subPath: Invalid value: "/x": must be a relative path`,
      `${C}.volumeMounts.mountPropagation: Unsupported value: "": supported values: "Bidirectional", "HostToContainer", "None"`,
    ]);
  });

  it('cannot use a volume that is refused', () => {
    expect(ofContainer({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v', nfs: { server: 's' } }] })).toEqual([
      'spec.volumes[0].nfs.path: Required value',
      'spec.volumes[0].nfs.path: Invalid value: "": must be an absolute path',
      `${C}.volumeMounts[0].name: Not found: "v"`,
    ]);
  });

  it('must have the ports of the host on its network, which templates may leave open', () => {
    const spec = { ...SPEC, hostNetwork: true, containers: [{ ...MAIN, ports: [{ containerPort: 80, protocol: 'TCP' }] }] };
    expect(texts(spec)).toEqual([`${C}.ports[0].hostPort: Invalid value: 0: must match \`containerPort\` when \`hostNetwork\` is true`]);
    expect(validateTemplate({ spec }, 'template')).toEqual([]);
  });

  it('may have an image with spaces in a template', () => {
    expect(validateTemplate({ spec: { ...SPEC, containers: [{ ...MAIN, image: ' ' }] } }, 'template')).toEqual([]);
  });

  it('counts names of init containers after their policies, and ports before their probes', () => {
    const init = { ...MAIN, restartPolicy: 'x', ports: [{ containerPort: 1, hostPort: 1, protocol: 'TCP' }, { containerPort: 2, hostPort: 1, protocol: 'TCP' }], lifecycle: {} };
    expect(texts({ initContainers: [init] })).toEqual([
      'spec.initContainers[0].restartPolicy: Unsupported value: "x": supported values: "Always"',
      'spec.initContainers[0].name: Duplicate value: "main"',
      'spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//1"',
      'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
    ]);
  });
});

describe('volumes', () => {
  const V = 'spec.volumes[0]';
  it.each<readonly [string, Json, readonly string[]]>([
    ['a type of host path', { hostPath: { path: '/', type: 'x' } }, [`${V}.hostPath.type: Unsupported value: "x": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`]],
    ['a driver', { csi: { driver: '' } }, [`${V}.csi.driver: Required value`, `${V}.csi.driver: Invalid value: "": ${SUBDOMAIN}`]],
    ['a driver in capitals', { csi: { driver: 'Example.COM' } }, []],
    ['the secret of a driver', { csi: { driver: 'd', nodePublishSecretRef: { name: 'A' } } }, [`${V}.csi.name: Invalid value: "A": ${SUBDOMAIN}`]],
    ['an iSCSI target', { iscsi: { iqn: 'x', lun: 256 } }, [`${V}.iscsi.targetPortal: Required value`, `${V}.iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa`, `${V}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`]],
    ['a directory of a repository', { gitRepo: { repository: 'r', directory: '/d' } }, [`${V}.gitRepo.directory: Invalid value: "/d": must be a relative path`]],
    ['a reserved path', { configMap: { name: 'c', items: [{ key: 'k', path: '..x' }] } }, [`${V}.configMap.items[0].path: Invalid value: "..x": must not start with '..'`]],
    ['files of the downward API', { downwardAPI: { items: [{ path: '' }, { path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } }, [`${V}.downwardAPI.path: Required value`, `${V}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`, `${V}.downwardAPI.resourceFieldRef.containerName: Required value`]],
    ['projected files with one path', { projected: { sources: [{ secret: { name: 's', items: [{ key: 'a', path: 'p' }] } }, { configMap: { name: 'c', items: [{ key: 'a', path: 'p' }] } }] } }, [`${V}.projected: Invalid value: "c": conflicting duplicate paths`]],
    ['a projection of nothing', { projected: { sources: [{}] } }, []],
    ['a token without path', { projected: { sources: [{ serviceAccountToken: { expirationSeconds: 60 } }] } }, [`${V}.projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes`, `${V}.projected.path: Required value`]],
    ['two sources', { emptyDir: {}, downwardAPI: {} }, [`${V}.downwarAPI: Forbidden: may not specify more than 1 volume type`]],
    ['no source', {}, [`${V}: Required value: must specify a volume type`]],
  ])('%s', (_, source, expected) => expect(ofVolume(source)).toEqual(expected));
});

describe('pods', () => {
  it.each<readonly [string, Json, readonly string[]]>([
    ['a DNS policy', { dnsPolicy: 'x' }, ['spec.dnsPolicy: Unsupported value: "x": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"']],
    ['a short IP', { dnsConfig: { nameservers: ['1.2.3'] } }, ['spec.dnsConfig.nameservers[0]: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
    ['an empty search path', { dnsConfig: { searches: ['.'] } }, [`spec.dnsConfig.searches[0]: Invalid value: "": ${SUBDOMAIN}`]],
    ['a pull secret without name', { imagePullSecrets: [{}] }, []],
    ['a repeated spread', { topologySpreadConstraints: [1, 2].map((maxSkew) => ({ maxSkew, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' })) }, ['spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}"']],
    ['keys without selector', { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['k'] }] }, ['spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set']],
    ['a sysctl of the host', { hostNetwork: true, securityContext: { sysctls: [{ name: 'net/core/somaxconn', value: '1' }] } }, ["spec.securityContext.sysctls[0].name: Invalid value: \"net/core/somaxconn\": may not be specified when 'hostNetwork' is true"]],
    ['a preemption policy', { preemptionPolicy: 'x' }, ['spec.preemptionPolicy: Unsupported value: "x": supported values: "PreemptLowerPriority", "Never"']],
    ['an OS without name', { os: {} }, ['spec.os.name: Required value: cannot be empty']],
    ['a pod of Windows with a group', { os: { name: 'windows' }, securityContext: { fsGroup: 1 } }, ['spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod']],
  ])('%s', (_, spec, expected) => expect(texts(spec)).toEqual(expected));

  it('prefers nodes by values that no label can have, and requires none', () => {
    const term = { matchExpressions: [{ key: 'k', operator: 'In', values: ['!'] }] };
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: term }] };
    expect(texts({ affinity: { nodeAffinity } })).toEqual([]);
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [''] }] }] } };
    const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0]';
    expect(texts({ affinity: { nodeAffinity: required } })).toEqual([`${path}: Invalid value: "": ${SUBDOMAIN}`]);
  });

  it.each([
    ['controller.kubernetes.io/pod-deletion-cost', '+1', 'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer'],
    ['kubernetes.io/config.mirror', 'x', 'metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set'],
    ['seccomp.security.alpha.kubernetes.io/pod', 'x', 'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "x": must be a valid seccomp profile'],
    ['container.apparmor.security.beta.kubernetes.io/x', 'runtime/default', 'metadata.annotations[container.apparmor.security.beta.kubernetes.io/x]: Invalid value: "x": container not found'],
  ])('the annotation %s', (key, value, expected) => expect(texts({}, { [key]: value })).toEqual([expected]));

  it('show a toleration whole that says too much', () => {
    const shown = 'core.Toleration{Key:"a", Operator:"Exists", Value:"x", Effect:"", TolerationSeconds:(*int64)(nil)}';
    const text = `spec.tolerations[0].operator: Invalid value: ${shown}: value must be empty when \`operator\` is 'Exists'`;
    expect(texts({ tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] })).toEqual([text]);
  });

  it('are validated again when they change', () => {
    const old = pod({});
    const next = pod({ tolerations: [{ key: 'a', operator: 'x' }] });
    const text = 'spec.tolerations[0].operator: Unsupported value: "x": supported values: "Equal", "Exists"';
    expect(validatePodUpdate(next, old).map(errorText)).toEqual([text, text]);
    const mirror = { ...old, metadata: { ...old.metadata, annotations: { 'kubernetes.io/config.mirror': 'x' } } };
    const path = 'metadata.annotations[kubernetes.io/config.mirror]';
    const unset = `${path}: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set`;
    expect(validatePodUpdate(mirror, old).map(errorText)).toEqual([unset, `${path}: Forbidden: may not add mirror pod annotation`, unset]);
  });
});
