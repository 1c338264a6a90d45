/**
 * The ids of a cluster's actors where there may be several of a kind.
 */
/** Actor ids of a cluster's API servers: one has no number. */
export function apiServerIds(count: number): string[] {
  return count === 1 ? ['kube-apiserver'] : Array.from({ length: count }, (_, index) => `kube-apiserver-${index + 1}`);
}

/** Actor ids of a cluster's controller managers: one has no number. */
export function controllerManagerIds(count: number): string[] {
  return count === 1 ? ['kube-controller-manager'] : Array.from({ length: count }, (_, index) => `kube-controller-manager-${index + 1}`);
}
