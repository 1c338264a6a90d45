/**
 * ServiceAccount: pods run as an account that exists, and find its token mounted.
 * Source: plugin/pkg/admission/serviceaccount/admission.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { NEW } from '../../object/new.ts';
import type { core, KubeObject, ServiceAccount } from '../../object/types.ts';
import { type Json, overEach, put } from '../defaults/fill.ts';
import { kindOf } from '../registry/kinds.ts';
import type { Context, KindInfo } from '../registry/kind.ts';
import { forbidden, type Status } from '../status/status.ts';
import { isPod, nameForErrors, type AdmissionPlugin, type AdmissionWorld, type Attributes, type Said } from './plugin.ts';

const ACCOUNTS = { group: '', resource: 'serviceaccounts' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR = 'kubernetes.io/config.mirror';
/** serviceaccount.WarnOnlyBoundTokenExpirationSeconds. */
const TOKEN_SECONDS = 3607;
/** What all volumes with a token hold. */
const PROJECTED = {
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
  ],
  defaultMode: 420,
};
/** An account `default` that is not there yet is waited for. */
const TRIES = 10;
const RETRY_US = 100_000;
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/pods'],
  mutate(attributes, world): Said<Either<Status, KubeObject>> {
    const object = attributes.object as KubeObject;
    if (!isPod(attributes) || attributes.operation !== 'CREATE' || object.metadata.annotations?.[MIRROR] !== undefined) return right(object);
    const { context, namespace } = attributes;
    const name = (object['spec'] as core.PodSpec).serviceAccountName || 'default';
    const account = context.lookup.get(ACCOUNTS, namespace, name);
    return account === undefined ? wait(attributes, world, name) : right(withAccount(object, account as ServiceAccount, context));
  },
};

/** Reads the store; an account `default` that is not there yet is waited for. */
function* wait(attributes: Attributes, world: AdmissionWorld, name: string): Task<Either<Status, KubeObject>> {
  const { context, namespace, info, object } = attributes;
  for (let tries = 0; ; tries++) {
    const cached = context.lookup.get(ACCOUNTS, namespace, name);
    const found = cached ?? (yield* world.live(kindOf('', 'serviceaccounts') as KindInfo, namespace, name));
    if (found !== undefined) return right(withAccount(object as KubeObject, found as ServiceAccount, context));
    if (name !== 'default' || tries === TRIES) break;
    yield* world.sleep(RETRY_US + context.choose('service-account-retry', RETRY_US));
  }
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  return left(forbidden(info, nameForErrors(attributes), why));
}

function withAccount(pod: KubeObject, account: ServiceAccount, context: Context): KubeObject {
  const spec = pod['spec'] as core.PodSpec;
  const { name } = account.metadata;
  const named = spec.serviceAccountName === name ? spec : { ...NEW, ...spec, serviceAccountName: name, serviceAccount: name };
  const pulled = withPullSecrets(named, account);
  const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  return { ...pod, spec: mounts ? withToken(pulled, context) : pulled };
}

function withPullSecrets(spec: core.PodSpec, { imagePullSecrets = [] }: ServiceAccount): core.PodSpec {
  if ((spec.imagePullSecrets?.length ?? 0) > 0 || imagePullSecrets.length === 0) return spec;
  return { ...NEW, ...spec, imagePullSecrets: imagePullSecrets.map(({ name }) => ({ name })) as core.LocalObjectReference[] };
}

function withToken(spec: core.PodSpec, context: Context): core.PodSpec {
  const existing = spec.volumes?.find(({ name }) => name.startsWith('kube-api-access-'));
  const name = existing?.name ?? `kube-api-access-${suffix(context)}`;
  const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
  const add = (container: Json): Json => {
    const mounts = (container['volumeMounts'] ?? []) as readonly core.VolumeMount[];
    return mounts.some(({ mountPath }) => mountPath === MOUNT_PATH) ? container : put(container, 'volumeMounts', [...mounts, mount]);
  };
  const mounted = overEach(overEach(spec, 'containers', add), 'initContainers', add);
  return mounted === spec || existing !== undefined ? mounted : put(mounted, 'volumes', [...(spec.volumes ?? []), { name, projected: PROJECTED }]);
}

function suffix(context: Context): string {
  let text = '';
  for (let i = 0; i < 5; i++) text += SUFFIX[context.choose('token-volume', SUFFIX.length)] as string;
  return text;
}

