/** Image names: `nginx` means `docker.io/library/nginx:latest` (distribution/reference, ParseNormalizedNamed). */

export interface ImageReference {
  /** Registry and repository, such as `docker.io/library/nginx`. */
  readonly repository: string;
  /** Empty when there is a digest only. */
  readonly tag: string;
  readonly digest: string;
}

const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Undefined if the text is no image name ("invalid reference format"). */
export function parseReference(text: string): ImageReference | undefined {
  const [named = '', digest = ''] = text.split('@', 2);
  if (digest !== '' && !/^[a-z0-9]+:[a-f0-9]{32,}$/.test(digest)) return undefined;
  const slash = named.indexOf('/');
  const first = named.slice(0, Math.max(slash, 0));
  const hasHost = slash > 0 && (first.includes('.') || first.includes(':') || first === 'localhost');
  const host = hasHost ? first : 'docker.io';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? (digest === '' ? 'latest' : '') : rest.slice(colon + 1);
  if (!REPOSITORY.test(path) || (colon >= 0 && !TAG.test(tag))) return undefined;
  const full = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return { repository: `${host}/${full}`, tag, digest };
}

/** The fully qualified name. */
export function qualifiedName(reference: ImageReference): string {
  const tag = reference.tag === '' ? '' : `:${reference.tag}`;
  return `${reference.repository}${tag}${reference.digest === '' ? '' : `@${reference.digest}`}`;
}
