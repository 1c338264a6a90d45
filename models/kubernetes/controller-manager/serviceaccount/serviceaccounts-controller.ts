/**
 * The service account controller: keeps the ServiceAccount `default` in every active namespace.
 *
 * Safety: none is made in a namespace that is being deleted. Liveness: each active namespace has one eventually, again after it
 * was deleted. Source: pkg/controller/serviceaccount/serviceaccounts_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { NAMESPACES, SERVICE_ACCOUNTS } from '../../client/resources.ts';
import { isAlreadyExists } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { Namespace, ServiceAccount } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';

/** The accounts that every namespace has (DefaultServiceAccountsControllerOptions). */
const NAMES: readonly string[] = Object.freeze(['default']);

export class ServiceAccountsController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly namespaces: SharedInformer<Namespace>;
  private readonly accounts: SharedInformer<ServiceAccount>;

  constructor(context: ControllerContext) {
    this.client = context.client('service-account-controller');
    this.namespaces = context.factory.informer<Namespace>(NAMESPACES);
    this.accounts = context.factory.informer<ServiceAccount>(SERVICE_ACCOUNTS);
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'serviceaccount-controller', workers: 1, client: this.client, sync }, [this.namespaces, this.accounts]);
    this.accounts.addEventHandler({ delete: (account) => this.loop.queue.add(account.metadata.namespace as string) });
    this.namespaces.addEventHandler({
      add: (namespace) => this.loop.queue.add(namespace.metadata.name),
      update: (_old, namespace) => this.loop.queue.add(namespace.metadata.name),
    });
  }

  private *sync(namespace: string): Task<Err> {
    const object = this.namespaces.lister.get(undefined, namespace);
    if (object === undefined || object.status?.phase !== 'Active') return undefined;
    for (const name of NAMES) {
      if (this.accounts.lister.get(namespace, name) !== undefined) continue;
      const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
      const result = yield* this.client.create(SERVICE_ACCOUNTS, namespace, body);
      const error = failureOf(result);
      if (error !== undefined && !isAlreadyExists(result) && !isNamespaceTerminating(error)) return error;
    }
    return undefined;
  }
}
