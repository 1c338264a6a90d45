/**
 * The images of a node, and the registry behind it.
 *
 * Several names may point to one image; the runtime then reports the first of them, which is why a container's status may
 * show another tag than its spec. The registry can be slow, lack an image, refuse, or be away, as the scenario says.
 */
import type { ImageInfo } from '../api/cri.ts';
import { fnv32a, hex, sha256 } from '../object/hash.ts';
import { definitionOf, existsInRegistry, type ImageDefinition } from './image/catalogue.ts';
import { type ImageReference, parseReference, qualifiedName } from './image/reference.ts';

/** What a scenario says about the registry; the first entry that fits an image decides. */
export interface RegistryRule {
  /** Part of the image name; empty fits all. */
  readonly image: string;
  readonly fault?: 'missing' | 'unauthorized' | 'unreachable' | 'rate-limited';
  readonly bytesPerSecond?: number;
}

export interface ImageStoreOptions {
  readonly prefix: 'containerd' | 'cri-o' | 'docker';
  /** Names that are present without a pull; `*` means every image that the registry has. */
  readonly present: readonly string[];
  /** Images as the node's status lists them. */
  readonly images: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
  readonly registry: readonly RegistryRule[];
}

/** 25 MB/s: a registry that is not far away. */
const BYTES_PER_SECOND = 25_000_000;

export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #byName = new Map<string, ImageInfo>();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    for (const { names = [], sizeBytes } of options.images) {
      const id = idOf(names.join(','));
      const first = parseReference(names[0] ?? '');
      const user = first === undefined ? '' : definitionOf(first).user;
      const pinned = names.some((name) => name.includes('/pause'));
      this.#add({ id, names, sizeBytes: sizeBytes ?? 0, pinned, user });
    }
    for (const name of options.present) if (name !== '*') this.#present(name);
  }

  #add(image: ImageInfo): void {
    for (const name of image.names) this.#byName.set(name, image);
  }

  #present(name: string): ImageInfo | undefined {
    const reference = parseReference(name);
    if (reference === undefined) return undefined;
    const full = qualifiedName(reference);
    const known = this.#byName.get(full);
    if (known !== undefined) return known;
    const image = this.#describe(reference);
    this.#add(image);
    return image;
  }

  #describe(reference: ImageReference): ImageInfo {
    const full = qualifiedName(reference);
    const definition = definitionOf(reference);
    const digest = `${reference.repository}@${idOf(`${reference.repository}/${reference.tag}/manifest`)}`;
    return { id: idOf(full), names: [full, digest], sizeBytes: sizeOf(reference, definition), pinned: false, user: definition.user };
  }

  /** The image that a name points to, if it is on the node. */
  find(name: string): ImageInfo | undefined {
    const reference = parseReference(name);
    if (reference === undefined) return [...this.#byName.values()].find((image) => image.id === name);
    const found = this.#byName.get(qualifiedName(reference));
    if (found !== undefined) return found;
    if (!this.#options.present.includes('*') || this.#fault(reference) === 'missing') return undefined;
    return this.#present(name);
  }

  /** What `status.containerStatuses[].image` shows. */
  shownName(image: ImageInfo): string {
    return image.names.find((name) => !name.includes('@')) ?? image.names[0] ?? image.id;
  }

  /** What `imageID` shows: a repository digest if there is one. */
  shownId(image: ImageInfo): string {
    const digest = image.names.find((name) => name.includes('@'));
    if (this.#options.prefix !== 'docker') return digest ?? image.id;
    return digest === undefined ? `docker://${image.id}` : `docker-pullable://${digest}`;
  }

  list(): ImageInfo[] {
    return [...new Set(this.#byName.values())];
  }

  remove(name: string): void {
    const image = this.find(name);
    for (const each of image?.names ?? []) this.#byName.delete(each);
  }

  #fault(reference: ImageReference): string | undefined {
    const full = qualifiedName(reference);
    const rule = this.#options.registry.find(({ image }) => full.includes(image));
    return rule?.fault ?? (existsInRegistry(reference) ? undefined : 'missing');
  }

  /** How a pull will end and how long it takes, in µs. Call `complete` when that time has passed. */
  plan(name: string): { readonly takesUs: number; readonly error?: { readonly code: 'NotFound' | 'Unknown'; readonly message: string } } {
    const reference = parseReference(name);
    if (reference === undefined) return { takesUs: 0, error: { code: 'Unknown', message: 'invalid reference format' } };
    const full = qualifiedName(reference);
    const fault = this.#fault(reference);
    const message = pullFailure(fault, full, reference);
    if (message !== undefined) {
      const takesUs = fault === 'unreachable' ? 30_000_000 : 1_200_000;
      return { takesUs, error: { code: fault === 'missing' ? 'NotFound' : 'Unknown', message } };
    }
    const speed = this.#options.registry.find(({ image }) => full.includes(image))?.bytesPerSecond ?? BYTES_PER_SECOND;
    const missing = this.find(name) === undefined ? sizeOf(reference, definitionOf(reference)) : 0;
    return { takesUs: 800_000 + Math.floor((missing * 1_000_000) / speed) };
  }

  complete(name: string): ImageInfo | undefined {
    return this.#present(name);
  }

  definition(name: string): ImageDefinition | undefined {
    const reference = parseReference(name) ?? parseReference(this.find(name)?.names[0] ?? '');
    return reference === undefined ? undefined : definitionOf(reference);
  }
}

/** containerd's words (pkg/cri/server/image_pull.go and the resolver's). */
function pullFailure(fault: string | undefined, full: string, reference: ImageReference): string | undefined {
  const path = reference.repository.replace(/^[^/]+\//, '');
  const head = `failed to pull and unpack image "${full}": failed to resolve reference "${full}": `;
  switch (fault) {
    case 'missing':
      return `${head}${full}: not found`;
    case 'unauthorized':
      return `${head}pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`;
    case 'rate-limited':
      return `${head}unexpected status from HEAD request to https://registry/v2/${path}/manifests/${reference.tag}: 429 Too Many Requests`;
    case 'unreachable':
      return `${head}failed to do request: Head "https://${reference.repository.split('/')[0] ?? ''}/v2/${path}/manifests/${reference.tag}": dial tcp: i/o timeout`;
    default:
      return undefined;
  }
}

function idOf(text: string): string {
  return `sha256:${hex(sha256(text))}`;
}

/** Unknown images differ in size, so that pulls do: 20 to 220 MB. */
function sizeOf(reference: ImageReference, definition: ImageDefinition): number {
  if (definition.isKnown) return definition.sizeBytes;
  return 20_000_000 + (fnv32a(reference.repository) % 200_000_000);
}
