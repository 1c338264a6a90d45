/**
 * The root CA publisher: keeps the ConfigMap `kube-root-ca.crt` in every namespace.
 *
 * Liveness: each namespace that is not being deleted has it, with the right content, again after somebody changed or deleted it.
 * Source: pkg/controller/certificates/rootcacertpublisher/publisher.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { ConfigMap, Namespace } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { rootCA } from '../serviceaccount/root-ca.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
/** publisher.go: Description. */
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export class RootCACertificatePublisher {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly configMaps: SharedInformer<ConfigMap>;
  private readonly namespaces: SharedInformer<Namespace>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('root-ca-cert-publisher');
    this.configMaps = context.factory.informer<ConfigMap>(CONFIG_MAPS);
    this.namespaces = context.factory.informer<Namespace>(NAMESPACES);
    const options = { name: 'root-ca-certificate-publisher-controller', workers: 1, client: this.client };
    this.loop = context.loop({ ...options, sync: (namespace) => this.sync(namespace) }, [this.configMaps]);
    const changed = (configMap: ConfigMap): void => {
      if (configMap.metadata.name === NAME) this.loop.queue.add(configMap.metadata.namespace as string);
    };
    this.configMaps.addEventHandler({
      update: (_old, configMap) => {
        if (!this.isRight(configMap)) changed(configMap);
      },
      delete: changed,
    });
    this.namespaces.addEventHandler({
      add: (namespace) => this.loop.queue.add(namespace.metadata.name),
      update: (_old, namespace) => {
        if (namespace.status?.phase === 'Active') this.loop.queue.add(namespace.metadata.name);
      },
    });
  }

  private isRight({ data, metadata }: ConfigMap): boolean {
    return data?.['ca.crt'] === rootCA(this.context.options) && Object.keys(data).length === 1 && (metadata.annotations?.[DESCRIPTION]?.length ?? 0) > 0;
  }

  private *sync(namespace: string): Task<Err> {
    const current = this.configMaps.lister.get(namespace, NAME);
    const data = { 'ca.crt': rootCA(this.context.options) };
    if (current === undefined) {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } }, data };
      const result = yield* this.client.create(CONFIG_MAPS, namespace, body);
      const error = failureOf(result);
      return isNotFound(result) || isAlreadyExists(result) || isNamespaceTerminating(error) ? undefined : error;
    }
    if (this.isRight(current)) return undefined;
    const annotations = { ...current.metadata.annotations, [DESCRIPTION]: DESCRIPTION_TEXT };
    const result = yield* this.client.update<ConfigMap>(CONFIG_MAPS, { ...current, metadata: { ...current.metadata, annotations }, data });
    return failureOf(result);
  }
}
