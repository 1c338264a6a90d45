/**
 * The order of API versions, best first. Source: apimachinery/pkg/version/helpers.go.
 */

/** v2 before v1 before v1beta2 before v1beta1 before v1alpha1 (apimachinery/pkg/version). */
export function compareVersions(a: string, b: string): number {
  const parse = (version: string): readonly number[] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return undefined;
    return [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) {
    if (left !== undefined || right !== undefined) return left === undefined ? 1 : -1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  for (let at = 0; at < 3; at++) if (left[at] !== right[at]) return (right[at] ?? 0) - (left[at] ?? 0);
  return 0;
}
