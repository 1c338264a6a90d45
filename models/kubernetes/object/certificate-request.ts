/**
 * Reads who a PKCS #10 certificate request speaks for: its subject and alternative names. Nothing is verified.
 *
 * Only the DER that requests are made of is understood; anything else is undefined. Upstream: crypto/x509 (ParseCertificateRequest), RFC 2986.
 */
import { decodeBase64 } from './base64.ts';

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: number;
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

const SEQUENCE = 0x30;
const OID_COMMON_NAME = '55 4 3';
const OID_ORGANIZATION = '55 4 a';
const OID_ALTERNATIVE_NAME = '55 1d 11';

/** Parses `spec.request` of a CertificateSigningRequest: base64 of a PEM block. */
export function parseCertificateRequest(request: string): CertificateRequest | undefined {
  const pem = text(decodeBase64(request));
  const block = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(pem);
  if (block === null) return undefined;
  const [outer] = elements(decodeBase64(block[1] ?? ''));
  if (outer?.tag !== SEQUENCE) return undefined;
  const [body] = elements(outer.content);
  if (body?.tag !== SEQUENCE) return undefined;
  const [, subject, , attributes] = elements(body.content);
  if (subject?.tag !== SEQUENCE) return undefined;
  const names = elements(subject.content).flatMap(({ content }) => elements(content).map((pair) => elements(pair.content)));
  const valuesOf = (oid: string): string[] => names.flatMap(([key, value]) => (key !== undefined && value !== undefined && hexOf(key.content) === oid ? [text(value.content)] : []));
  const alternatives = attributes === undefined ? [] : alternativeNames(attributes);
  const of = (tag: number): string[] => alternatives.filter((name) => name.tag === tag).map(({ content }) => text(content));
  return {
    commonName: valuesOf(OID_COMMON_NAME).at(-1) ?? '',
    organizations: valuesOf(OID_ORGANIZATION),
    emailAddresses: of(0x81),
    dnsNames: of(0x82),
    uris: of(0x86),
    ipAddresses: alternatives.filter(({ tag }) => tag === 0x87).length,
  };
}

/** The general names in the first extension of that kind, wherever it is. */
function alternativeNames(part: Element): Element[] {
  if (part.tag !== SEQUENCE && part.tag !== 0x31 && part.tag !== 0xa0) return [];
  const inner = elements(part.content);
  const [key] = inner;
  const value = inner.at(-1);
  if (key?.tag === 0x06 && hexOf(key.content) === OID_ALTERNATIVE_NAME && value !== undefined) return elements(value.content).flatMap(({ content }) => elements(content));
  return inner.flatMap(alternativeNames);
}

/** The elements of a DER content; what is cut off is left out. */
function elements(bytes: Uint8Array): Element[] {
  const found: Element[] = [];
  let at = 0;
  while (at + 1 < bytes.length) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] as number;
    at += 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (bytes[at++] ?? 0);
    }
    if (at + length > bytes.length) return found;
    found.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return found;
}

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16)).join(' ');
const text = (bytes: Uint8Array): string => [...bytes].map((byte) => String.fromCharCode(byte)).join('');
