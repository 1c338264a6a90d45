import { describe, expect, it } from 'vitest';
import type { Profile } from '../framework/profile.ts';
import type { SchedulerConfiguration } from './configuration.ts';
import { profilesOf } from './profiles.ts';
import { inTreeRegistry } from './registry.ts';

const load = (configuration: SchedulerConfiguration): ReadonlyMap<string, Profile> | string => {
  const profiles = profilesOf(configuration, inTreeRegistry());
  return profiles._tag === 'Left' ? profiles.left : profiles.right;
};

const only = (configuration: SchedulerConfiguration): Profile => {
  const profiles = load(configuration);
  if (typeof profiles === 'string') throw new Error(profiles);
  return [...profiles.values()][0] as Profile;
};

const names = (plugins: readonly { name: string }[]): string[] => plugins.map(({ name }) => name);

describe('the default profile', () => {
  it("has upstream's plugins in upstream's order", () => {
    const profile = only({});
    expect(profile.schedulerName).toBe('default-scheduler');
    expect(names(profile.filter)).toEqual([
      'NodeUnschedulable',
      'NodeName',
      'TaintToleration',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
      'VolumeRestrictions',
      'NodeVolumeLimits',
      'VolumeBinding',
      'VolumeZone',
      'PodTopologySpread',
      'InterPodAffinity',
    ]);
    expect(names(profile.preFilter)).toEqual([
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
      'VolumeRestrictions',
      'NodeVolumeLimits',
      'VolumeBinding',
      'VolumeZone',
      'PodTopologySpread',
      'InterPodAffinity',
    ]);
    expect(profile.score.map(({ plugin, weight }) => `${plugin.name}×${weight}`)).toEqual([
      'TaintToleration×3',
      'NodeAffinity×2',
      'NodeResourcesFit×1',
      'PodTopologySpread×2',
      'InterPodAffinity×2',
      'NodeResourcesBalancedAllocation×1',
      'ImageLocality×1',
    ]);
    expect(names(profile.postFilter)).toEqual(['DefaultPreemption']);
    expect(names(profile.bind)).toEqual(['DefaultBinder']);
    expect(names(profile.preEnqueue)).toEqual(['SchedulingGates']);
  });
});

describe('a configured profile', () => {
  it('puts re-enabled plugins first and honours weights and disabling', () => {
    const profile = only({
      profiles: [
        {
          schedulerName: 'bin-packer',
          plugins: {
            score: { disabled: [{ name: 'ImageLocality' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] },
          },
        },
      ],
    });
    expect(profile.score.map(({ plugin, weight }) => `${plugin.name}×${weight}`)).toEqual([
      'NodeResourcesFit×5',
      'TaintToleration×3',
      'NodeAffinity×2',
      'PodTopologySpread×2',
      'InterPodAffinity×2',
      'NodeResourcesBalancedAllocation×1',
    ]);
    expect(profile.filter).toHaveLength(12);
  });

  it('can switch a whole point off', () => {
    expect(only({ profiles: [{ plugins: { score: { disabled: [{ name: '*' }] } } }] }).score).toEqual([]);
  });

  it('is refused when it makes no sense', () => {
    expect(load({ profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] })).toBe(
      'profiles: schedulerName: Duplicate value: "a"',
    );
    expect(load({ profiles: [{ plugins: { filter: { enabled: [{ name: 'Nonsense' }] } } }] })).toBe(
      'plugin "Nonsense" does not exist',
    );
    expect(load({ profiles: [{ plugins: { queueSort: { disabled: [{ name: '*' }] } } }] })).toContain('queue sort');
    expect(load({ profiles: [{ plugins: { bind: { disabled: [{ name: '*' }] } } }] })).toContain('bind plugin');
    expect(load({ percentageOfNodesToScore: 101 })).toContain('percentageOfNodesToScore');
    const args = { name: 'InterPodAffinity', args: { hardPodAffinityWeight: 101 } };
    expect(load({ profiles: [{ pluginConfig: [args] }] })).toContain('hardPodAffinityWeight');
  });
});
