/** An object that a fresh server creates: its group, its resource and what it says. */
export type Entry = readonly [group: string, resource: string, object: Record<string, unknown>];
