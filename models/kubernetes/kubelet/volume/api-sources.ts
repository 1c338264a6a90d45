/**
 * Config maps, secrets, tokens and claims, read from the API when a volume or an environment needs them.
 *
 * Upstream watches each object that a running pod refers to; here it is read when the pod is synced, which shows a change
 * at the same sync (configMapAndSecretChangeDetectionStrategy Get).
 */
import type { Client } from '../../client/client.ts';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, CSI_DRIVERS, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, SECRETS, SERVICE_ACCOUNTS } from '../../client/resources.ts';
import { decodeBase64 } from '../../object/base64.ts';
import { textOfBytes } from '../../object/text-bytes.ts';
import { isAttachable, uniqueVolumeName } from '../../object/attachable-volume.ts';
import type { ConfigMap, CSIDriver, PersistentVolume, PersistentVolumeClaim, Pod, Secret } from '../../object/types.ts';
import type { Claimed, Sources } from './plan.ts';

export class ApiSources implements Sources {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  *configMap(namespace: string, name: string): Task<Readonly<Record<string, string>> | undefined> {
    const result = yield* this.#client.get<ConfigMap>(CONFIG_MAPS, namespace, name);
    if (!result.ok) return undefined;
    return { ...result.object.data, ...decoded(result.object.binaryData) };
  }

  *secret(namespace: string, name: string): Task<Readonly<Record<string, string>> | undefined> {
    const result = yield* this.#client.get<Secret>(SECRETS, namespace, name);
    return result.ok ? decoded(result.object.data) : undefined;
  }

  *token(pod: Pod, audience: string | undefined, seconds: number): Task<string | { readonly problem: string }> {
    const account = pod.spec.serviceAccountName ?? 'default';
    const { namespace = '', name, uid } = pod.metadata;
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds: seconds,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    };
    const result = yield* this.#client.create(SERVICE_ACCOUNTS, namespace, body, { name: account, subresource: 'token' });
    if (result.ok) return (result.object as { status?: { token?: string } }).status?.token ?? '';
    return { problem: `failed to fetch token: ${result.status.message ?? ''}` };
  }

  *claim(namespace: string, name: string): Task<Claimed | { readonly problem: string }> {
    const result = yield* this.#client.get<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, namespace, name);
    const head = `error processing PVC ${namespace}/${name}: `;
    if (!result.ok) return { problem: `${head}failed to fetch PVC from API server: ${result.status.message ?? ''}` };
    if (result.object.metadata.deletionTimestamp !== undefined) return { problem: `${head}PVC is being deleted` };
    const volume = result.object.spec.volumeName;
    if (result.object.status?.phase !== 'Bound' || !volume) return { problem: `${head}PVC is not bound` };
    const bound = yield* this.#client.get<PersistentVolume>(PERSISTENT_VOLUMES, undefined, volume);
    if (!bound.ok) return { problem: `${head}failed to fetch PV ${volume} from API server: ${bound.status.message ?? ''}` };
    const isAttached = bound.object.spec.csi !== undefined && isAttachable(bound.object, yield* this.#driver(bound.object.spec.csi.driver));
    return { volume, ...(isAttached ? { inUse: uniqueVolumeName(bound.object) } : {}) };
  }

  *#driver(name: string): Task<(name: string) => CSIDriver | undefined> {
    const found = yield* this.#client.get<CSIDriver>(CSI_DRIVERS, undefined, name);
    return () => (found.ok ? found.object : undefined);
  }
}

function decoded(data: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {})) result[key] = textOfBytes(decodeBase64(value));
  return result;
}
