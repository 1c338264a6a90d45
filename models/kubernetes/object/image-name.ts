/**
 * Names of images: repository, tag and digest (pkg/util/parsers, which reads them by github.com/distribution/reference).
 */

/** Of a name without tag and digest, `tag` is `latest`; of a name with a digest alone it is empty. */
export interface ImageName {
  readonly tag: string;
  readonly digest: string;
}

const HOST = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${HOST}(?:\\.${HOST})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const TAG = '\\w[\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(`^(${DOMAIN}/${COMPONENT}(?:/${COMPONENT})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`);
const REPOSITORY_LENGTH_MAX = 255;
/** Hexadecimal digits of each digest algorithm that is known. */
const DIGEST_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** An image's name in parts, or why it is none (parsers.ParseImageName). */
export function parseImageName(image: string): ImageName | string {
  const problem = (why: string): string => `couldn't parse image name ${JSON.stringify(image)}: ${why}`;
  if (/^[a-f0-9]{64}$/.test(image)) return problem(`invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`);
  const { domain, rest } = splitDomain(image);
  const [remote = ''] = rest.split(':', 1);
  if (remote.toLowerCase() !== remote) return problem(`invalid reference format: repository name (${remote}) must be lowercase`);
  const match = REFERENCE.exec(`${domain}/${rest}`);
  if (match === null) return problem('invalid reference format');
  const [, repository = '', tag = '', digest = ''] = match;
  if (repository.length > REPOSITORY_LENGTH_MAX) return problem(`repository name must not be more than ${REPOSITORY_LENGTH_MAX} characters`);
  const wrong = digestProblem(digest);
  if (wrong !== undefined) return problem(wrong);
  return { tag: tag === '' && digest === '' ? 'latest' : tag, digest };
}

/** reference.splitDockerDomain: what stands before the first slash is a registry only if it looks like one. */
function splitDomain(name: string): { readonly domain: string; readonly rest: string } {
  const slash = name.indexOf('/');
  if (slash < 0) return { domain: 'docker.io', rest: `library/${name}` };
  const [first, rest] = [name.slice(0, slash), name.slice(slash + 1)];
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  if (isDomain && first !== 'index.docker.io' && first !== 'docker.io') return { domain: first, rest };
  const path = isDomain ? rest : name;
  return { domain: 'docker.io', rest: path.includes('/') ? path : `library/${path}` };
}

function digestProblem(digest: string): string | undefined {
  if (digest === '') return undefined;
  const [algorithm = '', encoded = ''] = digest.split(':');
  const length = DIGEST_LENGTHS[algorithm];
  if (length === undefined) return 'unsupported digest algorithm';
  if (encoded.length !== length) return 'invalid checksum digest length';
  return /^[a-f0-9]*$/.test(encoded) ? undefined : 'invalid checksum digest format';
}
