/**
 * Which backend an HTTP request goes to, by the rules of all Ingresses of one class.
 *
 * Pure. An exact host wins over a wildcard, a wildcard over no host; within a host the longest path wins and, of equal ones,
 * Exact over Prefix; older Ingresses win over newer ones. Wildcards stand for exactly one label.
 * Source: staging/src/k8s.io/api/networking/v1/types.go and the Ingress page of the Kubernetes documentation.
 */
import type { Ingress, networking } from '../../object/types.ts';

/** Annotation that named the class before `spec.ingressClassName` existed. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';

export interface IngressBackend {
  readonly namespace: string;
  readonly service: string;
  /** Name or number. */
  readonly port: string | number;
  /** `namespace/name` of the Ingress that said so. */
  readonly ingress: string;
}

interface Route {
  readonly host: string;
  readonly path: string;
  readonly isExact: boolean;
  readonly backend: IngressBackend;
}

/** Whether an Ingress belongs to a controller's class; `isDefault` when the class takes Ingresses that name none. */
export function hasClass(ingress: Ingress, className: string, isDefault: boolean): boolean {
  const named = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
  return named === undefined || named === '' ? isDefault : named === className;
}

function backendOf(ingress: Ingress, backend: networking.IngressBackend | undefined): IngressBackend | undefined {
  const service = backend?.service;
  if (service === undefined) return undefined;
  const namespace = ingress.metadata.namespace ?? '';
  const port = service.port?.name ?? service.port?.number ?? 0;
  return { namespace, service: service.name, port, ingress: `${namespace}/${ingress.metadata.name}` };
}

/** A path without its final `/`, so that `/foo` and `/foo/` are the same prefix. */
function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Prefixes match whole path elements: `/foo` matches `/foo/bar` and not `/foobar`. */
export function pathMatches(path: string, isExact: boolean, requested: string): boolean {
  if (isExact) return path === requested;
  const prefix = withoutSlash(path);
  return prefix === '/' || requested === prefix || requested.startsWith(`${prefix}/`);
}

/** `*.example.com` stands for one label before `.example.com`. */
export function hostMatches(rule: string, host: string): boolean {
  if (rule === '') return true;
  if (!rule.startsWith('*.')) return rule === host;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot) === rule.slice(1);
}

/** The routes of a set of Ingresses, in the order in which they are tried. */
export class RouteTable {
  readonly #routes: readonly Route[];
  readonly #fallback: IngressBackend | undefined;

  constructor(ingresses: readonly Ingress[]) {
    const routes: Route[] = [];
    let fallback: IngressBackend | undefined;
    for (const ingress of [...ingresses].sort(byAge)) {
      fallback ??= backendOf(ingress, ingress.spec.defaultBackend);
      for (const rule of ingress.spec.rules ?? []) {
        for (const path of rule.http?.paths ?? []) {
          const backend = backendOf(ingress, path.backend);
          if (backend === undefined) continue;
          routes.push({ host: rule.host ?? '', path: path.path ?? '/', isExact: path.pathType === 'Exact', backend });
        }
      }
    }
    // The sort is stable, so of equal routes the older Ingress's comes first.
    this.#routes = routes.sort(byPrecedence);
    this.#fallback = fallback;
  }

  /** The backend of a request; undefined means 404. `host` may carry a port. */
  match(host: string, path: string): IngressBackend | undefined {
    const name = host.toLowerCase().replace(/:\d+$/, '');
    const requested = path.replace(/[?#].*$/, '') || '/';
    const route = this.#routes.find(
      (each) => hostMatches(each.host, name) && pathMatches(each.path, each.isExact, requested),
    );
    return route?.backend ?? this.#fallback;
  }
}

function byAge(left: Ingress, right: Ingress): number {
  const a = `${left.metadata.creationTimestamp} ${left.metadata.namespace ?? ''}/${left.metadata.name}`;
  const b = `${right.metadata.creationTimestamp} ${right.metadata.namespace ?? ''}/${right.metadata.name}`;
  return a < b ? -1 : a > b ? 1 : 0;
}

function hostRank(host: string): number {
  return host === '' ? 2 : host.startsWith('*.') ? 1 : 0;
}

function byPrecedence(left: Route, right: Route): number {
  const byHost = hostRank(left.host) - hostRank(right.host);
  if (byHost !== 0) return byHost;
  const byLength = withoutSlash(right.path).length - withoutSlash(left.path).length;
  return byLength !== 0 ? byLength : Number(right.isExact) - Number(left.isExact);
}
