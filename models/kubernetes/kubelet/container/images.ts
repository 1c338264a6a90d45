/**
 * Making sure that an image is there (pkg/kubelet/images/image_manager.go): pull policy, back-off, one pull at a time.
 */
import { type Process, suspend, type Task } from '../../client/process.ts';
import { parseImageName } from '../../object/image-name.ts';
import type { core, Pod } from '../../object/types.ts';
import type { CriClient } from '../cri-client.ts';
import { rpcError } from '../cri-client.ts';
import { Backoff, goDuration } from './backoff.ts';

export interface ImageFailure {
  readonly reason: string;
  readonly message: string;
}

export type ImageEvent = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

export class Images {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #backoff = new Backoff();
  /** The error of the last pull, shown while in back-off. */
  readonly #lastErrors = new Map<string, string>();
  readonly #isSerial: boolean;
  readonly #queue: (() => void)[] = [];
  #isPulling = false;

  constructor(process: Process, cri: CriClient, isSerial: boolean) {
    this.#process = process;
    this.#cri = cri;
    this.#isSerial = isSerial;
  }

  collect(): void {
    this.#backoff.collect(this.#process.now);
  }

  /** The image's reference for CreateContainer, or why there is none. */
  *ensure(pod: Pod, container: core.Container, event: ImageEvent): Task<{ readonly imageRef: string } | ImageFailure> {
    const spec = container.image ?? '';
    const name = parseImageName(spec);
    if (typeof name === 'string') {
      const message = `Failed to apply default image tag ${JSON.stringify(spec)}: ${name}`;
      event('Warning', 'InspectFailed', message);
      return { reason: 'InvalidImageName', message };
    }
    // image_manager.go, applyDefaultImageTag.
    const image = name.digest === '' && !spec.endsWith(`:${name.tag}`) ? `${spec}:${name.tag}` : spec;
    const policy = container.imagePullPolicy ?? (image.endsWith(':latest') ? 'Always' : 'IfNotPresent');
    const found = yield* this.#cri.call('ImageStatus', { image });
    if (!found.ok) {
      const message = `Failed to inspect image "": ${rpcError(found.error)}`;
      event('Warning', 'InspectFailed', message);
      return { reason: 'ImageInspectError', message };
    }
    if (found.value !== null && policy !== 'Always') {
      event('Normal', 'Pulled', `Container image "${spec}" already present on machine`);
      return { imageRef: found.value.id };
    }
    if (policy === 'Never') {
      const message = `Container image "${spec}" is not present with pull policy of Never`;
      event('Warning', 'ErrImageNeverPull', message);
      return { reason: 'ErrImageNeverPull', message };
    }
    return yield* this.#pull(pod, spec, image, event);
  }

  *#pull(pod: Pod, spec: string, image: string, event: ImageEvent): Task<{ readonly imageRef: string } | ImageFailure> {
    const key = `${pod.metadata.uid}_${image}`;
    if (this.#backoff.isInBackoffSinceUpdate(key, this.#process.now)) {
      const message = `Back-off pulling image "${spec}"`;
      event('Normal', 'BackOff', message);
      const last = this.#lastErrors.get(key);
      return { reason: 'ImagePullBackOff', message: last === undefined ? message : `${message}: ${last}` };
    }
    event('Normal', 'Pulling', `Pulling image "${spec}"`);
    const askedUs = this.#process.now;
    yield* this.#acquire();
    const startedUs = this.#process.now;
    const pulled = yield* this.#cri.call('PullImage', { image });
    this.#release();
    if (!pulled.ok) {
      const error = rpcError(pulled.error);
      event('Warning', 'Failed', `Failed to pull image "${spec}": ${error}`);
      this.#backoff.next(key, this.#process.now, this.#process.now);
      this.#lastErrors.set(key, `ErrImagePull: ${error}`);
      return { reason: 'ErrImagePull', message: error };
    }
    this.#lastErrors.delete(key);
    const took = goDuration(milliseconds(this.#process.now - startedUs));
    const total = goDuration(milliseconds(this.#process.now - askedUs));
    event('Normal', 'Pulled', `Successfully pulled image "${spec}" in ${took} (${total} including waiting). Image size: ${pulled.value.sizeBytes} bytes.`);
    return { imageRef: pulled.value.imageRef };
  }

  *#acquire(): Task {
    if (!this.#isSerial) return;
    if (this.#isPulling) yield* suspend<void>((resume) => void this.#queue.push(resume));
    this.#isPulling = true;
  }

  #release(): void {
    if (!this.#isSerial) return;
    const next = this.#queue.shift();
    if (next === undefined) this.#isPulling = false;
    else this.#process.soon(next);
  }
}

/** Go rounds the durations of this message to milliseconds. */
function milliseconds(us: number): number {
  return Math.round(us / 1000) * 1000;
}
