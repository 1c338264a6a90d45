/** Sets of CPUs (k8s.io/utils/cpuset): lists of ids in ascending order, written as `0-3,8`. */

export type CPUSet = readonly number[];

export const cpuSet = (ids: Iterable<number>): CPUSet => [...new Set(ids)].sort((a, b) => a - b);
export const union = (a: CPUSet, b: CPUSet): CPUSet => cpuSet([...a, ...b]);

export function intersection(a: CPUSet, b: CPUSet): CPUSet {
  const other = new Set(b);
  return a.filter((id) => other.has(id));
}

export function difference(a: CPUSet, b: CPUSet): CPUSet {
  const other = new Set(b);
  return a.filter((id) => !other.has(id));
}

/** What Linux calls the list format; undefined if the text is none. */
export function parseCPUSet(text: string): CPUSet | undefined {
  if (text === '') return [];
  const ids: number[] = [];
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (to < from) return undefined;
    for (let id = from; id <= to; id++) ids.push(id);
  }
  return cpuSet(ids);
}

export function formatCPUSet(ids: CPUSet): string {
  const parts: string[] = [];
  for (let at = 0; at < ids.length; ) {
    let end = at;
    while (ids[end + 1] === (ids[end] as number) + 1) end++;
    parts.push(end === at ? `${ids[at]}` : `${ids[at]}-${ids[end]}`);
    at = end + 1;
  }
  return parts.join(',');
}
