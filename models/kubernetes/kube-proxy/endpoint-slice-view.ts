/**
 * All EndpointSlices as one family's proxiers see them, as an immutable version; endpoint lists are made when asked for.
 *
 * Versions are shared by all nodes in the same way as those of Services. A change of one slice replaces the entry of one
 * Service, so the work that follows is proportional to that Service alone.
 * Upstream: pkg/proxy/endpointschangetracker.go, pkg/proxy/endpointslicecache.go.
 */
import type { IPFamily } from '../object/ip.ts';
import type { EndpointSlice } from '../object/types.ts';
import { mergeSlices, NO_ENDPOINTS, portKey, serviceOfSlice } from './endpoint-slice-cache.ts';
import type { EndpointList } from './endpoint-slice-cache.ts';
import { PersistentMap } from './persistent-map.ts';
import type { ServicePort } from './service-port.ts';

/** The slices of one Service, sorted by name. */
class ServiceSlices {
  readonly slices: readonly EndpointSlice[];
  readonly #family: IPFamily;
  #lists: ReadonlyMap<string, EndpointList> | undefined;

  constructor(slices: readonly EndpointSlice[], family: IPFamily) {
    this.slices = slices;
    this.#family = family;
  }

  list(key: string): EndpointList {
    this.#lists ??= mergeSlices(this.slices, this.#family);
    return this.#lists.get(key) ?? NO_ENDPOINTS;
  }
}

function sliceKey(slice: EndpointSlice): string {
  return `${slice.metadata.namespace ?? ''}/${slice.metadata.name}`;
}

/** One version of all EndpointSlices of one family. */
export class EndpointSliceView {
  readonly family: IPFamily;
  readonly #services: PersistentMap<ServiceSlices>;
  readonly #slices: PersistentMap<EndpointSlice>;
  #next:
    | { readonly key: string; readonly slice: EndpointSlice | undefined; readonly view: EndpointSliceView }
    | undefined;

  private constructor(family: IPFamily, services: PersistentMap<ServiceSlices>, slices: PersistentMap<EndpointSlice>) {
    this.family = family;
    this.#services = services;
    this.#slices = slices;
  }

  static empty(family: IPFamily): EndpointSliceView {
    return new EndpointSliceView(family, PersistentMap.empty(), PersistentMap.empty());
  }

  /** The slice `namespace/name` of this version. */
  slice(key: string): EndpointSlice | undefined {
    return this.#slices.get(key);
  }

  /** All keys, in no particular order. */
  keys(): string[] {
    const keys: string[] = [];
    this.#slices.forEach((key) => keys.push(key));
    return keys;
  }

  /** The next version: the slice `namespace/name` is now `slice`, or gone. */
  with(key: string, slice: EndpointSlice | undefined): EndpointSliceView {
    const known = this.#next;
    if (known !== undefined && known.key === key && known.slice === slice) return known.view;
    const view = this.#apply(key, slice);
    this.#next = { key, slice, view };
    return view;
  }

  #apply(key: string, slice: EndpointSlice | undefined): EndpointSliceView {
    const before = this.#slices.get(key);
    if (before === slice) return this;
    const relevant = slice !== undefined && slice.addressType === this.family;
    let services = this.#services;
    const from = before === undefined ? undefined : serviceOfSlice(before);
    const to = relevant ? serviceOfSlice(slice) : undefined;
    if (from !== undefined) services = this.#replace(services, from, key, from === to ? slice : undefined);
    if (to !== undefined && to !== from) services = this.#replace(services, to, key, slice);
    const slices = relevant ? this.#slices.with(key, slice) : this.#slices.without(key);
    return slices === this.#slices ? this : new EndpointSliceView(this.family, services, slices);
  }

  #replace(
    services: PersistentMap<ServiceSlices>,
    name: string,
    key: string,
    slice: EndpointSlice | undefined,
  ): PersistentMap<ServiceSlices> {
    const list = (services.get(name)?.slices ?? []).filter((other) => sliceKey(other) !== key);
    if (slice !== undefined) list.push(slice);
    if (list.length === 0) return services.without(name);
    list.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0));
    return services.with(name, new ServiceSlices(list, this.family));
  }

  /** The endpoints of a service port. The same list object as long as the Service's slices are the same. */
  endpoints(port: Pick<ServicePort, 'serviceName' | 'portName' | 'protocol'>): EndpointList {
    return this.#services.get(port.serviceName)?.list(portKey(port.portName, port.protocol)) ?? NO_ENDPOINTS;
  }
}
