/**
 * Taints and tolerations: which pod endures which node.
 *
 * Source: k8s.io/api/core/v1/toleration.go, component-helpers/scheduling/corev1/helpers.go.
 */
import type { core } from './types.ts';

export type Taint = Readonly<core.Taint>;
export type Toleration = Readonly<core.Toleration>;

/** Whether one toleration covers one taint. `tolerationSeconds` plays no part. */
export const tolerates = (toleration: Toleration, taint: Taint): boolean => {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator) {
    case undefined:
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    default:
      return false;
  }
};

/** Whether some toleration covers the taint. */
export const toleratesTaint = (tolerations: readonly Toleration[] | undefined, taint: Taint): boolean => {
  if (tolerations === undefined) return false;
  for (let i = 0; i < tolerations.length; i += 1) {
    if (tolerates(tolerations[i] as Toleration, taint)) return true;
  }
  return false;
};

/** The first taint, in list order, that `counts` and that no toleration covers. */
export const findUntoleratedTaint = (
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  counts: (taint: Taint) => boolean,
): Taint | undefined => {
  if (taints === undefined) return undefined;
  for (let i = 0; i < taints.length; i += 1) {
    const taint = taints[i] as Taint;
    if (counts(taint) && !toleratesTaint(tolerations, taint)) return taint;
  }
  return undefined;
};

/** Effects that keep a pod away from a node when it is placed. */
export const isHardEffect = (taint: Taint): boolean => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute';

/** Whether two taints are the same taint: key and effect, not value (`Taint.MatchTaint`). */
export const isSameTaint = (a: Taint, b: Taint): boolean => a.key === b.key && a.effect === b.effect;
