/**
 * What is known about images: their files, entry points, sizes and the tags that exist.
 *
 * An image that is not in the list has a small Linux with busybox in it and an entry point that runs until it is stopped.
 * A scenario may declare an image's behaviour (`behaviour.ts`), which takes precedence.
 */
import { type DirectoryInode, file } from '../file-system/inode.ts';
import { BUSYBOX_NAMES } from '../program/busybox.ts';
import { NGINX_WELCOME } from '../program/web-server.ts';
import { executable, standardTree } from './layout.ts';
import { type ImageReference } from './reference.ts';

export interface ImageDefinition {
  readonly tree: DirectoryInode;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: readonly (readonly [string, string])[];
  readonly workingDirectory: string;
  /** Numeric user; empty is root. */
  readonly user: string;
  readonly stopSignal: 'TERM' | 'QUIT' | 'INT' | 'WINCH';
  readonly sizeBytes: number;
  /** False for images about which nothing is known: they run until they are stopped. */
  readonly isKnown: boolean;
}

const PATH: readonly [string, string] = ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'];
const MEGABYTE = 1_000_000;

function define(definition: Partial<ImageDefinition> & Pick<ImageDefinition, 'tree' | 'sizeBytes'>): ImageDefinition {
  const defaults = { entrypoint: [], command: [], environment: [PATH], workingDirectory: '/', user: '', stopSignal: 'TERM', isKnown: true } as const;
  return { ...defaults, ...definition };
}

function server(program: string, path: string, options: Partial<ImageDefinition> & Pick<ImageDefinition, 'sizeBytes'>, files: Parameters<typeof standardTree>[1] = {}): ImageDefinition {
  return define({ tree: standardTree(BUSYBOX_NAMES, { [path]: executable(program), '/usr/bin/curl': executable('curl'), ...files }), command: [path], ...options });
}

/** What images that are more than busybox have in common. */
const TOOLS = { '/usr/bin/curl': executable('curl'), '/usr/bin/getent': executable('getent') };
const DNS_TOOLS = { ...TOOLS, '/usr/bin/dig': executable('dig') };
const BASE = standardTree(BUSYBOX_NAMES);
const WITH_CURL = standardTree(BUSYBOX_NAMES, TOOLS);
const BUSYBOX = define({ tree: BASE, command: ['sh'], sizeBytes: 2_220_094 });
const NGINX = server('nginx', '/usr/sbin/nginx', { sizeBytes: 71 * MEGABYTE, command: ['nginx', '-g', 'daemon off;'], stopSignal: 'QUIT' }, {
  '/usr/share/nginx/html/index.html': file(NGINX_WELCOME),
});
const HTTPD = server('apache', '/usr/local/bin/httpd-foreground', { sizeBytes: 59 * MEGABYTE, command: ['httpd-foreground'], stopSignal: 'WINCH' }, {
  '/usr/local/apache2/htdocs/index.html': file('<html><body><h1>It works!</h1></body></html>\n'),
});
/** The picture of the update demo (test/images/nautilus), and the other one that it is updated to. */
const picture = (name: string): ImageDefinition => server('apache', '/usr/local/bin/httpd-foreground', { sizeBytes: 49 * MEGABYTE, command: ['httpd-foreground'] }, {
  '/usr/local/apache2/htdocs/data.json': file(`{\n"image": "${name}.jpg"\n}\n`),
  [`/usr/local/apache2/htdocs/${name}.jpg`]: file('JFIF'),
});
const REDIS = server('redis-server', '/usr/local/bin/redis-server', { sizeBytes: 42 * MEGABYTE, command: ['redis-server'], workingDirectory: '/data' }, {
  '/usr/local/bin/redis-cli': executable('redis-cli'),
  '/data/.keep': file(''),
});
const POSTGRES = server('postgres', '/usr/local/bin/postgres', { sizeBytes: 155 * MEGABYTE, command: ['postgres'], stopSignal: 'INT' });
const PAUSE = define({ tree: standardTree([], { '/pause': executable('pause') }), entrypoint: ['/pause'], sizeBytes: 320_368, user: '65535' });
const AGNHOST = define({ tree: standardTree(BUSYBOX_NAMES, { '/agnhost': executable('agnhost'), '/agnhost-2': executable('agnhost'), ...DNS_TOOLS }), entrypoint: ['/agnhost'], command: ['pause'], sizeBytes: 51 * MEGABYTE });
const HELLO = server('hello-app', '/hello-app', { sizeBytes: 11 * MEGABYTE, command: ['./hello-app'] });
const ETCD = server('etcd', '/usr/local/bin/etcd', { sizeBytes: 58 * MEGABYTE, command: ['etcd'] });
const GOPROXY = server('goproxy', '/goproxy', { sizeBytes: 5 * MEGABYTE, command: ['/goproxy'] });
const NO_NEW_PRIVILEGES = define({ tree: standardTree([], { '/nonewprivs': executable('nonewprivs') }), entrypoint: ['/nonewprivs'], sizeBytes: 7 * MEGABYTE });
const PERL = server('perl', '/usr/local/bin/perl', { sizeBytes: 345 * MEGABYTE, command: ['perl'] });
const STRESS = define({ tree: standardTree(BUSYBOX_NAMES, { '/usr/bin/stress': executable('stress') }), command: ['stress'], sizeBytes: 4 * MEGABYTE });
const STRESS_GO = define({ tree: STRESS.tree, entrypoint: ['stress'], sizeBytes: 2 * MEGABYTE });
const CURL = define({ tree: WITH_CURL, entrypoint: ['curl'], sizeBytes: 9 * MEGABYTE });
const UNKNOWN = define({ tree: standardTree(BUSYBOX_NAMES, { '/entrypoint': executable('anything'), ...DNS_TOOLS }), command: ['/entrypoint'], sizeBytes: 50 * MEGABYTE, isKnown: false });

/** By the last part of the repository; `tags` says which tags the registry has. */
const KNOWN: Readonly<Record<string, { readonly image: ImageDefinition; readonly tags: RegExp }>> = {
  agnhost: { image: AGNHOST, tags: /./ },
  alpine: { image: define({ tree: BASE, command: ['/bin/sh'], sizeBytes: 3_400_000 }), tags: /^(?:latest|edge|3(?:\.\d{1,2}){0,2})$/ },
  bash: { image: define({ tree: BASE, command: ['bash'], sizeBytes: 6_000_000 }), tags: /./ },
  busybox: { image: BUSYBOX, tags: /^(?:latest|stable|musl|glibc|uclibc|1|1\.\d{1,2}(?:\.\d{1,2})?)(?:-(?:musl|glibc|uclibc))?$/ },
  curl: { image: CURL, tags: /./ },
  debian: { image: define({ tree: WITH_CURL, command: ['bash'], sizeBytes: 49 * MEGABYTE }), tags: /./ },
  etcd: { image: ETCD, tags: /./ },
  goproxy: { image: GOPROXY, tags: /./ },
  'hello-app': { image: HELLO, tags: /./ },
  httpd: { image: HTTPD, tags: /^(?:latest|2(?:\.\d){0,1}(?:\.\d{1,2})?)(?:-alpine)?$/ },
  kitten: { image: picture('kitten'), tags: /./ },
  liveness: { image: AGNHOST, tags: /./ },
  nautilus: { image: picture('nautilus'), tags: /./ },
  nginx: { image: NGINX, tags: /^(?:latest|stable|mainline|1|1\.(?:\d|1\d|2\d)(?:\.\d{1,2})?)(?:-(?:alpine|perl|otel|slim|alpine-slim))*$/ },
  'nginx-slim': { image: NGINX, tags: /./ },
  nonewprivs: { image: NO_NEW_PRIVILEGES, tags: /./ },
  pause: { image: PAUSE, tags: /./ },
  perl: { image: PERL, tags: /./ },
  postgres: { image: POSTGRES, tags: /./ },
  redis: { image: REDIS, tags: /./ },
  stress: { image: STRESS, tags: /./ },
  ubuntu: { image: define({ tree: WITH_CURL, command: ['/bin/bash'], sizeBytes: 30 * MEGABYTE }), tags: /./ },
};

/** What an image contains. */
export function definitionOf(reference: ImageReference): ImageDefinition {
  const name = reference.repository.slice(reference.repository.lastIndexOf('/') + 1);
  if (reference.repository === 'docker.io/vish/stress') return STRESS_GO;
  return (Object.hasOwn(KNOWN, name) ? KNOWN[name]?.image : undefined) ?? UNKNOWN;
}

/** Names by which manifests say that an image is not there: `foo:non-existent`, `webserver:404`. */
const SAYS_MISSING = /(?:^|[^a-z0-9])(?:non-?existe?nt|does-?not-?exist|no-such|404|invalid)(?:$|[^a-z0-9])/;

/** Does the registry have this tag? Of repositories that are not known, it has everything whose name does not deny it. */
export function existsInRegistry(reference: ImageReference): boolean {
  if (SAYS_MISSING.test(reference.tag) || SAYS_MISSING.test(reference.repository)) return false;
  const name = reference.repository.slice(reference.repository.lastIndexOf('/') + 1);
  const isOfficial = reference.repository === `docker.io/library/${name}`;
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  return known === undefined || !isOfficial || reference.tag === '' || known.tags.test(reference.tag);
}
