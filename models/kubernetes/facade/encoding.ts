/**
 * Objects as bytes, each encoded once however many clients read or watch it.
 *
 * Objects are frozen and shared by reference, so the bytes are remembered by identity. What was not asked for lately is
 * forgotten in generations, which bounds the memory whatever the clients list. Upstream: apiserver/pkg/endpoints/handlers
 * (runtime.CacheableObject), apiserver/pkg/storage/cacher/caching_object.go.
 */
import { stringify } from 'yaml';
import type { WatchEvent } from '../api/message.ts';
import { isList, type ListObject } from '../api-server/table/table.ts';
import type { Encoding } from './accept.ts';
import { encodeList, encodeProtobuf, envelope, messageBytes, watchFrame } from './protobuf/encode.ts';

/** Bytes after which the older half of what is remembered is forgotten. */
const GENERATION_BYTES = 64 * 1024 * 1024;

/** What is remembered of one object. */
interface Remembered {
  json?: Buffer;
  protobuf?: Buffer;
  /** Lines and frames of watches, by event type and encoding. */
  readonly events: Map<string, Buffer>;
}

/** A list's item leaves its type out, so it is made for each answer; its parts are shared and identify it. */
interface RememberedItem {
  readonly item: Readonly<Record<string, unknown>>;
  json?: Buffer;
  message?: Uint8Array;
}

class Generations<T> {
  private young = new WeakMap<object, T>();
  private old = new WeakMap<object, T>();
  private bytes = 0;

  get(key: object): T | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const survivor = this.old.get(key);
    if (survivor !== undefined) this.young.set(key, survivor);
    return survivor;
  }

  set(key: object, value: T): void {
    this.young.set(key, value);
  }

  /** Says that so many bytes more are remembered. */
  grown(bytes: number): void {
    this.bytes += bytes;
    if (this.bytes < GENERATION_BYTES) return;
    this.bytes = 0;
    this.old = this.young;
    this.young = new WeakMap();
  }
}

type Typed = Readonly<Record<string, unknown>> & { readonly kind?: string; readonly apiVersion?: string };

const typeOf = ({ apiVersion = '', kind = '' }: Typed): readonly [string, string] => [apiVersion, kind];

/** Encodes objects and remembers their bytes. */
export class Encoder {
  private readonly objects = new Generations<Remembered>();
  private readonly items = new Generations<RememberedItem>();

  /** A whole body: an object, a list or a Status. `isPretty` is for JSON. */
  body(body: unknown, encoding: Encoding, isPretty: boolean): string | Buffer {
    if (encoding === 'yaml') return stringify(body, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
    if (encoding === 'protobuf') return isList(body) ? this.protobufList(body) : this.object(body as Typed, 'protobuf');
    if (isPretty) return `${JSON.stringify(body, null, 2)}\n`;
    return isList(body) ? this.jsonList(body) : `${JSON.stringify(body)}\n`;
  }

  /** One event of a watch, as a line of JSON or a frame of protobuf. */
  event({ type, object }: WatchEvent, encoding: Encoding): Buffer {
    const remembered = this.remembered(object);
    const key = `${encoding} ${type}`;
    let bytes = remembered.events.get(key);
    if (bytes === undefined) {
      bytes = this.fresh(type, object as unknown as Typed, encoding);
      remembered.events.set(key, bytes);
      this.objects.grown(bytes.length);
    }
    return bytes;
  }

  /** An event whose object was made for this client alone. */
  fresh(type: string, object: Typed, encoding: Encoding): Buffer {
    if (encoding === 'protobuf') return watchFrame(type, this.object(object, 'protobuf'));
    const [head, tail] = [`{"type":"${type}","object":`, '}\n'];
    return Buffer.concat([Buffer.from(head), this.object(object, 'json'), Buffer.from(tail)]);
  }

  private object(object: Typed, encoding: 'json' | 'protobuf'): Buffer {
    const remembered = this.remembered(object);
    let bytes = remembered[encoding];
    if (bytes === undefined) {
      bytes = encoding === 'json' ? Buffer.from(JSON.stringify(object)) : encodeProtobuf(object, ...typeOf(object));
      remembered[encoding] = bytes;
      this.objects.grown(bytes.length);
    }
    return bytes;
  }

  private remembered(object: object): Remembered {
    let remembered = this.objects.get(object);
    if (remembered === undefined) {
      remembered = { events: new Map() };
      this.objects.set(object, remembered);
    }
    return remembered;
  }

  private item(item: Typed): RememberedItem {
    const key = item['metadata'] as object;
    const known = this.items.get(key);
    if (known !== undefined && isSame(known.item, item)) return known;
    const made: RememberedItem = { item };
    this.items.set(key, made);
    return made;
  }

  private jsonList(list: ListObject): Buffer {
    const { items, ...head } = list;
    const parts: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)];
    let isFirst = true;
    for (const object of items as unknown as readonly Typed[]) {
      if (!isFirst) parts.push(COMMA);
      isFirst = false;
      parts.push(this.jsonItem(object));
    }
    parts.push(END);
    return Buffer.concat(parts);
  }

  private jsonItem(object: Typed): Buffer {
    if (typeof object['metadata'] !== 'object' || object['metadata'] === null) return Buffer.from(JSON.stringify(object));
    const remembered = this.item(object);
    if (remembered.json === undefined) {
      remembered.json = Buffer.from(JSON.stringify(object));
      this.items.grown(remembered.json.length);
    }
    return remembered.json;
  }

  private protobufList(list: ListObject): Buffer {
    const [apiVersion, kind] = typeOf(list as unknown as Typed);
    const itemKind = kind.replace(/List$/, '');
    const items = (list.items as unknown as readonly Typed[]).map((object) => {
      const remembered = this.item(object);
      if (remembered.message === undefined) {
        remembered.message = messageBytes(object, apiVersion, itemKind);
        this.items.grown(remembered.message.length);
      }
      return remembered.message;
    });
    if (kind !== 'PartialObjectMetadataList' || apiVersion !== 'meta.k8s.io/v1beta1') return encodeList(list.metadata, items, apiVersion, kind);
    return envelope(messageBytes(list as unknown as Typed, apiVersion, kind), apiVersion, kind);
  }
}

/** The encoder of all facades: objects are known by identity, so sharing it is safe. */
export const ENCODER = new Encoder();

const COMMA = Buffer.from(',');
const END = Buffer.from(']}\n');

function isSame(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
