/**
 * The cluster under random workloads and faults. CI runs a few seeds; `kubetwin check --model kubernetes --runs 1000` runs as many as one likes.
 */
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../models/catalogue.ts';
import { kubernetesCampaign } from '../../models/kubernetes/campaign/campaign.ts';
import { invariant } from '../../models/kubernetes/property/invariant.ts';
import { runPlan } from '../../src/campaign/run.ts';
import { mergeCounts } from '../../src/property/sometimes.ts';

const model = kubernetesCampaign();

describe('the cluster', () => {
  it('keeps its properties and converges in every seed', () => {
    const results = Array.from({ length: 15 }, (_, index) => runPlan(model, model.plan(`ci/${index}`)));
    expect(results.flatMap(({ seed, failure }) => (failure === undefined ? [] : [{ seed, failure }]))).toEqual([]);
    const hits = mergeCounts(results.map((result) => result.hits));
    const unjudged = Object.entries(hits).filter(([, count]) => count === 0).map(([name]) => name);
    expect(unjudged).toEqual([]);
  }, 120_000);

  it.each([
    ['kubernetes', 'y/240', 'three pods are evicted at once: the status that says Failed was still to be sent when the containers had ended well, and came out before Succeeded'],
    ['kubernetes', 'y/305', 'the answer to a binding is lost with its API server, and the room is given away a second time: no law while a scheduler is in doubt'],
    ['replicaset', 'y/243', 'the same while the kubelet was asking for the pod whose status it was about to send'],
  ])('keeps its properties in a run that has broken one: %s %s, %s', (name, seed) => {
    const found = CATALOGUE.find((entry) => entry.name === name)?.campaign?.({});
    expect(found === undefined ? 'no such model' : runPlan(found, found.plan(seed)).failure).toBeUndefined();
  });

  it('is the same again for the same plan, also after a round trip as JSON', () => {
    for (const seed of ['again/1', 'again/2']) {
      const plan = model.plan(seed);
      expect(model.plan(seed)).toEqual(plan);
      expect(runPlan(model, JSON.parse(JSON.stringify(plan)) as typeof plan).fingerprint).toBe(runPlan(model, plan).fingerprint);
    }
  }, 60_000);

  it('takes a law of a user in a few lines, and says which object broke it', () => {
    const fewPods = invariant('there is never a second pod', ['pods'], (_change, objects) => {
      const pods = objects.list('pods');
      return pods.length <= 1 ? undefined : `there are ${pods.length}: ${pods.map(({ metadata }) => metadata.name).join(', ')}`;
    });
    const strict = kubernetesCampaign({ also: [fewPods], mostFaults: 0 });
    const failures = Array.from({ length: 4 }, (_, index) => runPlan(strict, strict.plan(`law/${index}`)).failure).filter((failure) => failure !== undefined);
    expect(failures[0]).toMatchObject({ property: 'there is never a second pod', actor: 'etcd' });
  }, 60_000);
});
