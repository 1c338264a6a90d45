/**
 * The cluster that a log's header describes: of a run of its own, or of a run that `kubetwin check` made.
 *
 * A campaign's cluster has been up before its run begins, so its objects are those of the campaign's store and what the log adds.
 */
import type { Json } from '../../../src/index.ts';
import { CHECK_PREFIX } from '../../../src/campaign/replay.ts';
import type { CampaignModel, Plan } from '../../../src/campaign/model.ts';
import type { Parameters } from '../../../src/campaign/catalogue.ts';
import type { LogHeader } from '../../../src/log/header.ts';
import type { Projection } from '../../../src/replay/projection.ts';
import type { BuildRun } from '../../../src/replay/replay.ts';
import type { KubernetesCampaign } from '../campaign/campaign.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import { MODEL } from '../cluster/header.ts';
import { STORE_VIEW, storeViewOver, type StoreView } from '../explain/store-view.ts';

export interface LoggedCluster {
  readonly config: ClusterConfig;
  /** How the cluster's objects are folded from the log. */
  readonly view: Projection<StoreView>;
  /** How the run is made again, if wanted with another configuration. */
  build(changes?: Partial<ClusterConfig>): Promise<BuildRun>;
}

/** The cluster of a header; undefined when the log is of something else. */
export async function loggedCluster(header: LogHeader): Promise<LoggedCluster | undefined> {
  const { name } = header.model;
  if (name === MODEL) return plainCluster(header);
  return name.startsWith(CHECK_PREFIX) ? campaignCluster(header, name.slice(CHECK_PREFIX.length)) : undefined;
}

/** The cluster of a log that `run`, `serve` or `fork` wrote. */
export function plainCluster({ config }: LogHeader): LoggedCluster {
  return {
    config: config as unknown as ClusterConfig,
    view: STORE_VIEW,
    build: async (changes) => {
      const { buildRun } = await import('../cluster/model.ts');
      return changes === undefined ? buildRun : (header, options) => buildRun({ ...header, config: { ...(header.config as { readonly [name: string]: Json }), ...changes } as Json }, options);
    },
  };
}

async function campaignCluster(header: LogHeader, name: string): Promise<LoggedCluster | undefined> {
  const [{ CATALOGUE }, { campaignByName }, { buildPlanRun }] = await Promise.all([import('../../catalogue.ts'), import('../../../src/cli/models.ts'), import('../../../src/campaign/replay.ts')]);
  const model = await campaignByName(CATALOGUE)(name, header.config as unknown as Parameters as Json);
  if (!isKubernetes(model)) return undefined;
  const { config, backup } = model.clusterOf(header.plan as unknown as Plan);
  return { config, view: storeViewOver(backup), build: async (changes = {}) => buildPlanRun(model.with(changes)) };
}

/** By what it can do: a campaign of somebody's own may come with a library from another bundle. */
function isKubernetes(model: CampaignModel): model is KubernetesCampaign {
  return typeof (model as Partial<KubernetesCampaign>).clusterOf === 'function';
}
