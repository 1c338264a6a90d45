/**
 * ServiceAccount: pods run as an account that exists, and find its token mounted.
 * Source: plugin/pkg/admission/serviceaccount/admission.go.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import { NEW } from '../../object/new.ts';
import type { core, KubeObject, ServiceAccount } from '../../object/types.ts';
import { kindOf } from '../registry/kinds.ts';
import type { Context, KindInfo } from '../registry/kind.ts';
import { forbidden, type Status } from '../status/status.ts';
import { isPod, nameForErrors, type AdmissionPlugin, type AdmissionWorld, type Attributes } from './plugin.ts';

const ACCOUNTS = { group: '', resource: 'serviceaccounts' };
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR = 'kubernetes.io/config.mirror';
/** serviceaccount.WarnOnlyBoundTokenExpirationSeconds. */
const TOKEN_SECONDS = 3607;
/** An account `default` that is not there yet is waited for. */
const TRIES = 10;
const RETRY_US = 100_000;
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: ['CREATE', 'UPDATE'],
  resources: ['/pods'],
  *mutate(attributes, world): Task<Either<Status, KubeObject>> {
    const object = attributes.object as KubeObject;
    if (!isPod(attributes) || attributes.operation !== 'CREATE' || object.metadata.annotations?.[MIRROR] !== undefined) return right(object);
    const spec = object['spec'] as core.PodSpec;
    const name = spec.serviceAccountName || 'default';
    const account = yield* findAccount(attributes, world, name);
    if (account === undefined) {
      const why = `error looking up service account ${attributes.namespace}/${name}: serviceaccount "${name}" not found`;
      return left(forbidden(attributes.info, nameForErrors(attributes), why));
    }
    const named = spec.serviceAccountName === name ? spec : { ...NEW, ...spec, serviceAccountName: name, serviceAccount: name };
    const pulled = withPullSecrets(named, account);
    const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    return right({ ...object, spec: mounts ? withToken(pulled, attributes.context) : pulled });
  },
};

function* findAccount({ context, namespace }: Attributes, world: AdmissionWorld, name: string): Task<ServiceAccount | undefined> {
  for (let tries = 0; ; tries++) {
    const cached = context.lookup.get(ACCOUNTS, namespace, name);
    const found = cached ?? (yield* world.live(kindOf('', 'serviceaccounts') as KindInfo, namespace, name));
    if (found !== undefined) return found as ServiceAccount;
    if (name !== 'default' || tries === TRIES) return undefined;
    yield* world.sleep(RETRY_US + context.choose('service-account-retry', RETRY_US));
  }
}

function withPullSecrets(spec: core.PodSpec, { imagePullSecrets = [] }: ServiceAccount): core.PodSpec {
  if ((spec.imagePullSecrets?.length ?? 0) > 0 || imagePullSecrets.length === 0) return spec;
  return { ...NEW, ...spec, imagePullSecrets: imagePullSecrets.map(({ name }) => ({ name })) as core.LocalObjectReference[] };
}

function withToken(spec: core.PodSpec, context: Context): core.PodSpec {
  const existing = (spec.volumes ?? []).find(({ name }) => name.startsWith('kube-api-access-'));
  const name = existing?.name ?? `kube-api-access-${suffix(context)}`;
  const mount = { name, readOnly: true, mountPath: MOUNT_PATH };
  const add = (container: core.Container): core.Container =>
    (container.volumeMounts ?? []).some(({ mountPath }) => mountPath === MOUNT_PATH)
      ? container
      : { ...NEW, ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] };
  const before = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const containers = (spec.containers ?? []).map(add);
  const init = spec.initContainers?.map(add);
  const isUsed = [...containers, ...(init ?? [])].some((container, at) => container !== before[at]);
  if (!isUsed) return spec;
  const volumes = existing === undefined ? [...(spec.volumes ?? []), tokenVolume(name)] : (spec.volumes ?? []);
  return { ...NEW, ...spec, ...(spec.containers == null ? {} : { containers }), volumes, ...(init === undefined ? {} : { initContainers: init }) };
}

function suffix(context: Context): string {
  let text = '';
  for (let i = 0; i < 5; i++) text += SUFFIX[context.choose('token-volume', SUFFIX.length)] as string;
  return text;
}

const tokenVolume = (name: string): core.Volume => ({
  name,
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
    ],
    defaultMode: 420,
  },
});
