/**
 * Defaults of Pods and pod templates.
 *
 * Only the Pod kind itself gets enableServiceLinks and requests out of limits; templates do not.
 * Upstream: pkg/apis/core/v1/defaults.go.
 */
import { parseImageName } from '../../object/image-name.ts';
import type { KubeObject } from '../../object/types.ts';
import { fill, over, overEach, put } from './fill.ts';
import type { Json } from './fill.ts';

const EMPTY: Json = Object.freeze({});
/** corev1.SecretVolumeSourceDefaultMode and its siblings: 0644. */
const FILE_MODE = 420;
/** serviceAccountToken.expirationSeconds: one hour. */
const TOKEN_SECONDS = 3600;

/** Whether a name has another tag than `latest`, and no digest: then it need not be read any further. */
function isTagged(image: string): boolean {
  const colon = image.lastIndexOf(':');
  return colon > image.lastIndexOf('/') && !image.includes('@') && !image.endsWith(':latest');
}

/** `latest` or no tag without digest pulls always; so does not what is no name of an image (SetDefaults_Container). */
export function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (isTagged(image)) return 'IfNotPresent';
  const name = parseImageName(image);
  return typeof name !== 'string' && name.tag === 'latest' ? 'Always' : 'IfNotPresent';
}

const httpGet = (action: Json): Json => fill(action.path === '' ? { ...action, path: '/' } : action, { path: '/', scheme: 'HTTP' });
const handler = (value: Json): Json => over(value, 'httpGet', httpGet);
const PROBE: Json = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
const probe = (value: Json): Json =>
  over(handler(fill(value, PROBE)), 'grpc', (grpc) => fill(grpc, { service: '' }));
const lifecycle = (value: Json): Json => over(over(value, 'postStart', handler), 'preStop', handler);
const env = (value: Json): Json =>
  over(value, 'valueFrom', (from) => over(from, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })));

function port(value: Json, hostNetwork: boolean): Json {
  const out = fill(value, { protocol: 'TCP' });
  return hostNetwork && out.containerPort !== undefined ? fill(out, { hostPort: out.containerPort }) : out;
}

function container(value: Json, hostNetwork: boolean): Json {
  let out = fill(value, {
    resources: EMPTY,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: value.imagePullPolicy === undefined ? pullPolicyOf(value.image ?? '') : undefined,
  });
  out = overEach(out, 'ports', (item) => port(item, hostNetwork));
  out = overEach(out, 'env', env);
  out = over(over(over(out, 'livenessProbe', probe), 'readinessProbe', probe), 'startupProbe', probe);
  return over(out, 'lifecycle', lifecycle);
}

const downward = (value: Json): Json =>
  overEach(value, 'items', (item) => over(item, 'fieldRef', (ref) => fill(ref, { apiVersion: 'v1' })));

const projection = (value: Json): Json =>
  over(over(value, 'serviceAccountToken', (token) => fill(token, { expirationSeconds: TOKEN_SECONDS })), 'downwardAPI', downward);

const VOLUME_SOURCES: Readonly<Record<string, (source: Json) => Json>> = {
  secret: (source) => fill(source, { defaultMode: FILE_MODE }),
  configMap: (source) => fill(source, { defaultMode: FILE_MODE }),
  downwardAPI: (source) => downward(fill(source, { defaultMode: FILE_MODE })),
  projected: (source) => overEach(fill(source, { defaultMode: FILE_MODE }), 'sources', projection),
  hostPath: (source) => fill(source, { type: '' }),
  iscsi: (source) => fill(source, { iscsiInterface: 'default' }),
  rbd: (source) => fill(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  azureDisk: (source) => fill(source, { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' }),
  scaleIO: (source) => fill(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  image: (source) => fill(source, { pullPolicy: source.pullPolicy ?? pullPolicyOf(source.reference ?? '') }),
  ephemeral: (source) =>
    over(source, 'volumeClaimTemplate', (template) => over(template, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' }))),
};

/** A volume's defaults; without any source it is an emptyDir. */
export function defaultVolume(value: Json): Json {
  let out = value;
  let sources = 0;
  for (const name in value) {
    if (name === 'name') continue;
    sources++;
    const change = VOLUME_SOURCES[name];
    if (change !== undefined) out = over(out, name, change);
  }
  return sources === 0 ? { ...out, emptyDir: EMPTY } : out;
}

/** Defaults of a PodSpec, of a Pod (which has service links) or of a template. */
function defaultPodSpec(spec: Json, enableServiceLinks?: boolean): Json {
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  let out = fill(spec, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: EMPTY,
    serviceAccountName: account,
    serviceAccount: account,
    enableServiceLinks,
  });
  if (account !== undefined && out.serviceAccount !== account) out = put(out, 'serviceAccount', account);
  const hostNetwork = out.hostNetwork === true;
  const change = (item: Json): Json => container(item, hostNetwork);
  out = overEach(overEach(overEach(out, 'containers', change), 'initContainers', change), 'ephemeralContainers', change);
  return overEach(out, 'volumes', defaultVolume);
}

function requestsFromLimits(value: Json): Json {
  const limits = value.resources?.limits;
  if (limits === undefined) return value;
  const requests = fill(value.resources.requests ?? EMPTY, limits);
  return requests === value.resources.requests ? value : { ...value, resources: { ...value.resources, requests } };
}

/** Defaults of a Pod. */
export function defaultPod(pod: KubeObject): KubeObject {
  if (pod['spec'] === undefined) return pod;
  const spec = defaultPodSpec(pod['spec'] as Json, true);
  return put(pod, 'spec', overEach(overEach(spec, 'containers', requestsFromLimits), 'initContainers', requestsFromLimits));
}

/** Defaults of `spec.template`-like fields. */
export const defaultTemplate = (template: Json): Json => over(template, 'spec', (spec) => defaultPodSpec(spec));
