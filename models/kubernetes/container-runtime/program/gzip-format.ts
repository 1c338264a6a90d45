/** The bytes of gzip files (RFC 1952). */
import { type FlateError, FlateErrorCode, Gunzip, gzipSync } from 'fflate';
import { joinedBytes } from '../../object/text-bytes.ts';

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** One member without name and time, so that equal bytes give equal files. */
export const gzipOf = (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { mtime: 0 });

/** The bytes of all members, or what is wrong with the file. */
export function gunzipOf(bytes: Uint8Array): Uint8Array | string {
  if (!isGzip(bytes)) return 'invalid magic';
  const parts: Uint8Array[] = [];
  try {
    new Gunzip((part) => parts.push(part)).push(bytes, true);
  } catch (problem) {
    return (problem as FlateError).code === FlateErrorCode.UnexpectedEOF ? 'unexpected end of file' : 'corrupted data';
  }
  return joinedBytes(parts);
}
