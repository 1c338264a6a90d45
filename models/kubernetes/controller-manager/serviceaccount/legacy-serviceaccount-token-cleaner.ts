/**
 * The cleaner of legacy service account tokens: marks and then deletes tokens in Secrets that nobody has used for a year.
 *
 * Safety: only tokens that were made automatically (their ServiceAccount names them), that no pod mounts, and whose use has been tracked for long
 * enough; deleted a year after they were marked invalid, and only in the version that was judged. Liveness: looked at once a day.
 * Source: pkg/controller/serviceaccount/legacy_serviceaccount_token_cleaner.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, PODS, SECRETS, SERVICE_ACCOUNTS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isTerminating, namespacedName } from '../../object/meta.ts';
import type { ConfigMap, Pod, Secret, ServiceAccount } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';

const DAY = 24 * 3600 * 1_000_000;
/** `--legacy-service-account-token-clean-up-period`. */
const UNUSED_FOR = 365 * DAY;
const TRACKING = 'kube-apiserver-legacy-service-account-token-tracking';
const LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const ACCOUNT = 'kubernetes.io/service-account.name';
const BY_SECRET = 'secret';

export class LegacySATokenCleaner {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly accounts: SharedInformer<ServiceAccount>;
  private readonly secrets: SharedInformer<Secret>;
  private readonly pods: SharedInformer<Pod>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('legacy-service-account-token-cleaner');
    this.accounts = context.factory.informer<ServiceAccount>(SERVICE_ACCOUNTS);
    this.secrets = context.factory.informer<Secret>(SECRETS);
    this.pods = context.factory.informer<Pod>(PODS);
    this.pods.addIndexers({ [BY_SECRET]: secretsOf });
    const informers = [this.accounts, this.secrets, this.pods];
    this.loop = context.loop({ name: 'legacy-serviceaccount-token-cleaner-controller', workers: 1, client: this.client, sync: () => this.evaluate() }, informers);
    context.passEvery('legacy-token-cleaner', DAY, this.loop, informers);
  }

  private *evaluate(): Task<Err> {
    const { clock } = this.context;
    const tokens = this.secrets.lister.list().filter((secret) => secret.type === 'kubernetes.io/service-account-token' && !isTerminating(secret));
    if (tokens.length === 0) return undefined;
    const tracking = yield* this.client.get<ConfigMap>(CONFIG_MAPS, 'kube-system', TRACKING);
    if (!tracking.ok) return isNotFound(tracking) ? undefined : failureOf(tracking);
    const limit = clock.now - (this.context.options.legacyServiceAccountTokenCleanUpPeriod ?? UNUSED_FOR);
    const since = clock.parse(dateText(tracking.object.data?.['since']));
    if (since === 0 || since > limit) return undefined;
    for (const secret of tokens) {
      if (clock.parse(secret.metadata.creationTimestamp) >= limit || this.isNeeded(secret)) continue;
      const { labels = {} } = secret.metadata;
      if (clock.parse(dateText(labels[LAST_USED])) > limit) continue;
      const error = yield* this.expire(secret, clock.parse(dateText(labels[INVALID_SINCE])), limit);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** Whether the token was made by a person, or a pod mounts it. */
  private isNeeded(secret: Secret): boolean {
    const { namespace, name, annotations = {} } = secret.metadata;
    const account = this.accounts.lister.get(namespace, annotations[ACCOUNT] ?? '');
    const isAutomatic = account?.secrets?.some((reference) => reference.name === name) === true;
    return !isAutomatic || this.pods.indexer.countByIndex(BY_SECRET, namespacedName(secret)) > 0;
  }

  private *expire(secret: Secret, invalidSince: number, limit: number): Task<Err> {
    const { namespace, name, uid, resourceVersion } = secret.metadata;
    if (invalidSince === 0) {
      const metadata = { uid, resourceVersion, labels: { [INVALID_SINCE]: this.context.clock.text.slice(0, 10) } };
      const marked = yield* this.client.patch(SECRETS, namespace, name, 'application/merge-patch+json', { metadata });
      return isNotFound(marked) ? undefined : failureOf(marked);
    }
    if (invalidSince > limit) return undefined;
    const removed = yield* this.client.delete(SECRETS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid, resourceVersion } });
    return isNotFound(removed) ? undefined : failureOf(removed);
  }
}

/** A date as a time: its midnight. */
const dateText = (date: string | undefined): string | undefined => (date === undefined ? undefined : `${date}T00:00:00Z`);

const NO_SECRETS: readonly string[] = [];

function secretsOf({ metadata, spec }: Pod): readonly string[] {
  let keys: string[] | undefined;
  for (const { secret } of spec.volumes ?? []) {
    if (secret?.secretName !== undefined) (keys ??= []).push(`${metadata.namespace}/${secret.secretName}`);
  }
  return keys ?? NO_SECRETS;
}
