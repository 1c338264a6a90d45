/**
 * Follows a cluster and collects the lines of a recording: lists every collection, then watches it from there.
 */
import { COLLECTIONS, itemsOf, withoutManagedFields, type Line, type ObjectList, type RequestLine, type WatchLine } from '../../recording/format.ts';
import type { KubeObject } from '../../object/types.ts';
import type { ClusterApi } from './cluster-api.ts';

interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject;
}

/** The longest watch that a server is asked for, in seconds; a watch that ends is opened again where it was. */
const WATCH_SECONDS = 3600;

export class Recorder {
  readonly #api: ClusterApi;
  readonly #lines: (RequestLine | WatchLine)[] = [];
  readonly #closers = new Map<string, () => void>();
  #initial: KubeObject[] = [];
  #started = 0;
  #isOver = false;

  constructor(api: ClusterApi) {
    this.#api = api;
  }

  /** How many lines there are. */
  get count(): number {
    return this.#lines.length;
  }

  /** ms since the recording began. */
  get elapsed(): number {
    return Math.round(performance.now() - this.#started);
  }

  async start(): Promise<void> {
    const lists = new Map<string, ObjectList>();
    for (const path of COLLECTIONS) lists.set(path, await this.#api.read<ObjectList>(path));
    this.#initial = [...lists].flatMap(([path, list]) => (path.endsWith('/events') ? [] : itemsOf(list)));
    this.#started = performance.now();
    for (const [path, { metadata }] of lists) await this.#follow(path, metadata.resourceVersion);
  }

  /** A request that went through the proxy. */
  request(line: Omit<RequestLine, 't' | 'rec'>, t: number): void {
    this.#lines.push({ t, rec: 'request', ...line });
  }

  /** Ends the watches and returns the whole recording. */
  async stop(scenario: string): Promise<Line[]> {
    const seconds = Math.ceil(this.elapsed / 1000);
    this.#isOver = true;
    for (const close of this.#closers.values()) close();
    const { gitVersion } = await this.#api.read<{ readonly gitVersion?: string }>('/version');
    const final: KubeObject[] = [];
    for (const path of COLLECTIONS) final.push(...itemsOf(await this.#api.read<ObjectList>(path)));
    return [
      { rec: 'header', scenario, kubernetes: gitVersion ?? '', seconds, images: imagesOf(this.#initial) },
      { rec: 'initial', objects: this.#initial },
      ...this.#lines.toSorted((x, y) => x.t - y.t),
      { t: this.elapsed, rec: 'final', objects: final },
    ];
  }

  async #follow(path: string, resourceVersion: string): Promise<void> {
    let last = resourceVersion;
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=`;
    const close = await this.#api.watch<WatchEvent>(
      `${path}?${query}${last}`,
      ({ type, object }) => {
        last = object.metadata?.resourceVersion ?? last;
        if (type === 'BOOKMARK' || type === 'ERROR') return;
        this.#lines.push({ t: this.elapsed, rec: 'watch', type, object: withoutManagedFields(object) });
      },
      () => void (this.#isOver ? undefined : this.#follow(path, last)),
    );
    this.#closers.set(path, close);
  }
}

/** Images that every node has. */
function imagesOf(objects: readonly KubeObject[]): string[] {
  const byNode = objects.filter(({ kind }) => kind === 'Node').map((node) => {
    const { images = [] } = (node['status'] ?? {}) as { images?: readonly { names?: readonly string[] }[] };
    return new Set(images.flatMap(({ names = [] }) => names));
  });
  return [...(byNode[0] ?? [])].filter((name) => byNode.every((names) => names.has(name)));
}
