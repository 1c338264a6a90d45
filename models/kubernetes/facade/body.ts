/**
 * Request bodies: reading them within bounds, and decoding JSON, YAML and protobuf into plain values.
 *
 * A body that cannot be decoded does not end here: which error wins is the API server's business (an unknown resource is
 * 404 whatever its body), so it travels on as {@link Undecodable} and becomes a 400 where the real server makes it one.
 */
import type { IncomingMessage } from 'node:http';
import { parseDocument, type YAMLError } from 'yaml';
import { scanJson } from '../object/go-json.ts';
import { decodeProtobuf, isProtobuf } from './protobuf/decode.ts';

/** apiserver/pkg/server/config.go: MaxRequestBodyBytes. */
export const MAXIMUM_BODY = 3 * 1024 * 1024;

/** What became of a body. */
export type Body =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly value: unknown; readonly duplicates: readonly string[]; /** The JSON that was sent. */ readonly text?: string; /** What a strict reader of YAML says of keys that come twice. */ readonly strictError?: string }
  | { readonly kind: 'undecodable'; readonly format: 'json' | 'yaml' | 'protobuf'; readonly error: string; readonly head: string }
  | { readonly kind: 'unknown-type' };

/** Reads a body; `too-large` once it exceeds the bound, `aborted` when the client goes away. */
export function readBody(request: IncomingMessage): Promise<Buffer | 'too-large' | 'aborted'> {
  return new Promise((resolve) => {
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > MAXIMUM_BODY) {
      request.resume();
      resolve('too-large');
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAXIMUM_BODY) {
        resolve('too-large');
        chunks.length = 0;
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', () => resolve('aborted'));
    request.on('close', () => resolve('aborted'));
  });
}

/** The first bytes of a body as a message shows them: text when it looks like an object, hex otherwise. */
function headOf(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>';
  const head = bytes.subarray(0, 30);
  const dots = bytes.length > 30 ? ' ...' : '';
  return head.toString('utf8').trimStart().startsWith('{') ? `${head.toString('utf8')}${dots}` : `${head.toString('hex')}${dots}`;
}

function decodeJson(bytes: Buffer): Body {
  const text = bytes.toString('utf8');
  const scanned = scanJson(text);
  if (scanned.error !== undefined) return { kind: 'undecodable', format: 'json', error: scanned.error, head: headOf(bytes) };
  return { kind: 'value', value: JSON.parse(text), duplicates: scanned.duplicates, text };
}

function decodeYaml(bytes: Buffer): Body {
  const source = bytes.toString('utf8');
  const document = parseDocument(source, { version: '1.1', merge: true });
  const error = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (error !== undefined) return { kind: 'undecodable', format: 'yaml', error: `yaml: ${error.message.split('\n')[0] ?? ''}`, head: headOf(bytes) };
  try {
    // Through JSON, so that dates and other YAML types become what a JSON client would have sent.
    const value = JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null)) as unknown;
    const strictError = repeatedKeys(source, document.errors);
    return { kind: 'value', value, duplicates: [], ...(strictError === undefined ? {} : { strictError }) };
  } catch (problem) {
    return { kind: 'undecodable', format: 'yaml', error: String((problem as Error).message), head: headOf(bytes) };
  }
}

/** Keys that come twice, in the words of Go's YAML library. */
function repeatedKeys(text: string, errors: readonly YAMLError[]): string | undefined {
  const repeated = errors.filter(({ code }) => code === 'DUPLICATE_KEY');
  if (repeated.length === 0) return undefined;
  const problems = repeated.map(({ pos: [start], linePos }) => `  line ${linePos?.[0].line ?? 0}: key ${JSON.stringify(/^["']?([^"':\n]*)/.exec(text.slice(start))?.[1]?.trim() ?? '')} already set in map`);
  return `yaml: unmarshal errors:\n${problems.join('\n')}`;
}

/** Decodes a body by its content type. Patch types are JSON, except apply, which is YAML. */
export function decodeBody(bytes: Buffer, contentType: string, isPatch: boolean): Body {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  if (isPatch) return type === 'application/apply-patch+yaml' ? decodeYaml(bytes) : decodeJson(bytes);
  if (bytes.length === 0 && type === '') return { kind: 'none' };
  if (isProtobuf(bytes) || type === 'application/vnd.kubernetes.protobuf') {
    const decoded = decodeProtobuf(bytes);
    return 'error' in decoded
      ? { kind: 'undecodable', format: 'protobuf', error: decoded.error, head: headOf(bytes) }
      : { kind: 'value', value: decoded.value, duplicates: [] };
  }
  if (type === '' || type === 'application/json') return decodeJson(bytes);
  return type === 'application/yaml' || type === 'text/yaml' ? decodeYaml(bytes) : { kind: 'unknown-type' };
}
