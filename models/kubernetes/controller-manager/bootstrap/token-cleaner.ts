/**
 * The token cleaner: deletes bootstrap tokens that have ended. Off unless it is asked for.
 *
 * Safety: only Secrets of the type, in kube-system, whose time is over, by UID. Liveness: a token goes when its time is over.
 * Source: pkg/controller/bootstrap/tokencleaner.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { SECRETS } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import type { Secret } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { BOOTSTRAP_TOKEN_TYPE, expirationOf } from './bootstrap-token.ts';

export class TokenCleaner {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly secrets: SharedInformer<Secret>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('token-cleaner');
    this.secrets = context.factory.informer<Secret>(SECRETS, { namespace: 'kube-system', fieldSelector: `type=${BOOTSTRAP_TOKEN_TYPE}` });
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'token-cleaner-controller', workers: 1, client: this.client, sync }, [this.secrets]);
    const enqueue = (secret: Secret): void => this.loop.queue.add(namespacedName(secret));
    this.secrets.addEventHandler({ add: enqueue, update: (_old, secret) => enqueue(secret) });
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const secret = this.secrets.lister.get(namespace, name);
    const end = secret === undefined ? undefined : expirationOf(secret);
    if (secret === undefined || end === undefined) return undefined;
    const left = end - this.context.clock.now;
    if (left > 0) {
      this.loop.queue.addAfter(key, left);
      return undefined;
    }
    const removed = yield* this.client.delete(SECRETS, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: secret.metadata.uid } });
    return isNotFound(removed) ? undefined : failureOf(removed);
  }
}
