/**
 * ClusterRole aggregation: fills the rules of roles that are made of others.
 *
 * Liveness: an aggregated role's rules are the union of those of the roles that its selectors match, in the order of their names, each once.
 * Source: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CLUSTER_ROLES } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { selectorOf, type LabelSelector } from '../../object/selector.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';

const NAME = 'clusterrole-aggregation-controller';

interface ClusterRole extends KubeObject {
  readonly rules?: readonly unknown[];
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

export class ClusterRoleAggregationController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly roles: SharedInformer<ClusterRole>;

  constructor(context: ControllerContext) {
    this.client = context.client(NAME);
    this.roles = context.factory.informer<ClusterRole>(CLUSTER_ROLES);
    this.loop = context.loop({ name: NAME, workers: 5, client: this.client, sync: (key) => this.sync(key) }, [this.roles]);
    const enqueueAll = (): void => {
      for (const { metadata, aggregationRule } of this.roles.indexer.values()) if (aggregationRule !== undefined) this.loop.queue.add(metadata.name);
    };
    this.roles.addEventHandler({ add: enqueueAll, update: enqueueAll, delete: enqueueAll });
  }

  private *sync(name: string): Task<Err> {
    const role = this.roles.lister.get(undefined, name);
    if (role?.aggregationRule === undefined) return undefined;
    const rules: unknown[] = [];
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const parts = this.roles.lister.list(undefined, selectorOf(selector)).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      for (const part of parts) {
        if (part.metadata.name === name) continue;
        for (const rule of part.rules ?? []) if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
      }
    }
    if (semanticEqual(rules, role.rules)) return undefined;
    const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules };
    const query = { fieldManager: NAME, force: 'true' };
    return failureOf(yield* this.client.patch(CLUSTER_ROLES, undefined, name, 'application/apply-patch+yaml', body, { query }));
  }
}
