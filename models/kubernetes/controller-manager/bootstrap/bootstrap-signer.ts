/**
 * The bootstrap signer: signs the ConfigMap `kube-public/cluster-info` with every bootstrap token that may sign. Off unless it is asked for.
 *
 * Safety: signatures of tokens that are gone go too. Liveness: the ConfigMap's signatures are those of the present tokens over its present content.
 * Source: pkg/controller/bootstrap/bootstrapsigner.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CONFIG_MAPS, SECRETS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import type { ConfigMap, Secret } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { BOOTSTRAP_TOKEN_TYPE, detachedSignature, signingToken } from './bootstrap-token.ts';

const PREFIX = 'jws-kubeconfig-';

export class BootstrapSigner {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly configMaps: SharedInformer<ConfigMap>;
  private readonly secrets: SharedInformer<Secret>;

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('bootstrap-signer');
    this.configMaps = context.factory.informer<ConfigMap>(CONFIG_MAPS, { namespace: 'kube-public', fieldSelector: 'metadata.name=cluster-info' });
    this.secrets = context.factory.informer<Secret>(SECRETS, { namespace: 'kube-system', fieldSelector: `type=${BOOTSTRAP_TOKEN_TYPE}` });
    const informers = [this.configMaps, this.secrets];
    this.loop = context.loop({ name: 'bootstrap-signer-controller', workers: 1, client: this.client, sync: () => this.sync() }, informers);
    const changed = (): void => this.loop.queue.add('cluster-info');
    for (const informer of informers) informer.addEventHandler({ add: changed, update: changed, delete: changed });
  }

  private *sync(): Task<Err> {
    const info = this.configMaps.lister.get('kube-public', 'cluster-info');
    const content = info?.data?.['kubeconfig'];
    if (info === undefined || content === undefined) return undefined;
    const others = Object.entries(info.data ?? {}).filter(([key]) => !key.startsWith(PREFIX));
    const tokens = this.secrets.lister.list().flatMap((secret) => signingToken(secret, this.context.clock.now) ?? []);
    const data = Object.fromEntries([...others, ...tokens.map((token): [string, string] => [`${PREFIX}${token.id}`, detachedSignature(content, token)])]);
    return semanticEqual(data, info.data) ? undefined : failureOf(yield* this.client.update(CONFIG_MAPS, { ...info, data }));
  }
}
