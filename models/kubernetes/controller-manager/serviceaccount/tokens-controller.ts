/**
 * The token controller: fills user-made Secrets of type service-account-token, and deletes them with their account.
 *
 * Safety: a Secret whose account has another UID gets no token and is deleted, with a UID precondition. Liveness: each Secret that
 * names an existing account gets token, namespace and ca.crt. Since 1.24 no such Secret is made automatically.
 * Source: pkg/controller/serviceaccount/tokens_controller.go.
 */
import type { Client } from '../../client/client.ts';
import { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { SECRETS, SERVICE_ACCOUNTS } from '../../client/resources.ts';
import { isConflict, isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { hex, sha256, utf8Bytes } from '../../object/hash.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import type { Secret, ServiceAccount } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { base64, base64url } from '../../object/base64.ts';
import { rootCA } from './root-ca.ts';

const TYPE = 'kubernetes.io/service-account-token';
const NAME_ANNOTATION = 'kubernetes.io/service-account.name';
const UID_ANNOTATION = 'kubernetes.io/service-account.uid';
/** tokens_controller.go: maxRetries. */
const RETRIES_MAX = 10;

export class TokensController {
  readonly accountLoop: ControlLoop;
  readonly secretLoop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly accounts: SharedInformer<ServiceAccount>;
  private readonly secrets: SharedInformer<Secret>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('tokens-controller');
    this.accounts = context.factory.informer<ServiceAccount>(SERVICE_ACCOUNTS);
    this.secrets = context.factory.informer<Secret>(SECRETS);
    const informers = [this.accounts, this.secrets];
    const common = { workers: 5, client: this.client, retriesMax: RETRIES_MAX };
    this.accountLoop = context.loop({ ...common, name: 'serviceaccount-token-controller', sync: (key) => this.syncAccount(key) }, informers);
    this.secretLoop = context.loop({ ...common, name: 'serviceaccount-token-controller.secrets', sync: (key) => this.syncSecret(key) }, informers);
    this.accounts.addEventHandler({ delete: (account) => this.accountLoop.queue.add(namespacedName(account)) });
    const secretChanged = (secret: Secret): void => {
      if (secret.type === TYPE) this.secretLoop.queue.add(namespacedName(secret));
    };
    this.secrets.addEventHandler({ add: secretChanged, update: (_old, secret) => secretChanged(secret) });
  }

  /** A deleted account takes its token Secrets with it. */
  private *syncAccount(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    if (this.accounts.lister.get(namespace, name) !== undefined) return undefined;
    for (const secret of this.secrets.lister.list(namespace)) {
      if (secret.type !== TYPE || secret.metadata.annotations?.[NAME_ANNOTATION] !== name) continue;
      const error = yield* this.deleteSecret(secret);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  private *syncSecret(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const secret = this.secrets.lister.get(namespace, name);
    if (secret === undefined || secret.type !== TYPE) return undefined;
    const accountName = secret.metadata.annotations?.[NAME_ANNOTATION] ?? '';
    const uid = secret.metadata.annotations?.[UID_ANNOTATION];
    let account = this.accounts.lister.get(namespace, accountName);
    if (account === undefined || (uid !== undefined && uid !== account.metadata.uid)) {
      const live = yield* this.client.get<ServiceAccount>(SERVICE_ACCOUNTS, namespace, accountName);
      if (!live.ok && !isNotFound(live)) return failureOf(live);
      account = live.ok && (uid === undefined || uid === live.object.metadata.uid) ? live.object : undefined;
      if (account === undefined) return yield* this.deleteSecret(secret);
    }
    return yield* this.fill(secret, account);
  }

  private *fill(secret: Secret, account: ServiceAccount): Task<Err> {
    const ca = base64(utf8Bytes(rootCA(this.context.options)));
    const namespace = base64(utf8Bytes(secret.metadata.namespace ?? ''));
    const { data = {} } = secret;
    const hasToken = Boolean(data['token']);
    if (hasToken && data['ca.crt'] === ca && data['namespace'] === namespace && secret.metadata.annotations?.[UID_ANNOTATION] === account.metadata.uid) return undefined;
    const token = hasToken ? (data['token'] as string) : base64(utf8Bytes(tokenText(secret, account)));
    const annotations = { ...secret.metadata.annotations, [NAME_ANNOTATION]: account.metadata.name, [UID_ANNOTATION]: account.metadata.uid };
    const body = { ...secret, metadata: { ...secret.metadata, annotations }, data: { ...data, token, 'ca.crt': ca, namespace } };
    const result = yield* this.client.update<Secret>(SECRETS, body);
    return isConflict(result) || isNotFound(result) ? undefined : failureOf(result);
  }

  private *deleteSecret(secret: Secret): Task<Err> {
    const { namespace, name, uid } = secret.metadata;
    const result = yield* this.client.delete(SECRETS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } });
    return isNotFound(result) || isConflict(result) ? undefined : failureOf(result);
  }
}

/** A token that cannot be mistaken for a real one: the form of a JWT without a real signature. */
function tokenText(secret: Secret, account: ServiceAccount): string {
  const { namespace = '', name, uid } = secret.metadata;
  const claims = `{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"${namespace}","kubernetes.io/serviceaccount/secret.name":"${name}","kubernetes.io/serviceaccount/service-account.name":"${account.metadata.name}","kubernetes.io/serviceaccount/service-account.uid":"${account.metadata.uid}","sub":"system:serviceaccount:${namespace}:${account.metadata.name}"}`;
  const encoded = (text: string): string => base64url(utf8Bytes(text));
  return `${encoded('{"alg":"none"}')}.${encoded(claims)}.${hex(sha256(`${claims}${uid}`))}`;
}
