/**
 * Faults of leadership: the leader falls silent for longer than its lease, and somebody else takes over.
 */
import type { Kernel } from '../../../src/index.ts';
import { controllerManagerIds } from '../cluster/actor-ids.ts';
import { controllerManagerState } from '../controller-manager/controller-manager.ts';
import { chosen, type FaultKind } from './kind.ts';

function leader(kernel: Kernel, managers: readonly string[]): string | undefined {
  return managers.find((id) => controllerManagerState(kernel.state(id))?.isLeader === true);
}

/** The leader stops for longer than its lease and wakes up again. */
export const leaderChange: FaultKind = {
  name: 'leader-change',
  what: 'the leading controller manager stops and then wakes up as if nothing had happened; after 15 s its lease is over and another one leads',
  args: { manager: 'which controller manager (the leader)' },
  lasts: true,
  action: ({ config }) => (kernel, args, draw) => {
    const managers = controllerManagerIds(config.controllerManagers ?? 1);
    const found = chosen(args, 'manager', [leader(kernel, managers) ?? managers[0] ?? ''], draw);
    if (found === undefined || !kernel.isUp(found)) return undefined;
    kernel.control({ kind: 'pause', actor: found, reason: 'leader-change' });
    return () => kernel.control({ kind: 'resume', actor: found, reason: 'leader-change' });
  },
};
