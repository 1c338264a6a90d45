/**
 * The string formats that schemas may demand; formats that are not in this list are ignored.
 * Source: kube-openapi/pkg/validation/strfmt/{default,date,duration,time,format}.go,
 * apiextensions-apiserver/pkg/apiserver/validation/formats.go.
 */
import ipaddr from 'ipaddr.js';
import { parseTime } from '../../object/time.ts';

type Check = (text: string) => boolean;

const matches = (pattern: RegExp): Check => (text) => pattern.test(text);
const HEX = '[0-9a-fA-F]';
const uuid = (version: string, variant: string): Check => matches(new RegExp(`^${HEX}{8}-?${HEX}{4}-?${version}${HEX}{3}-?${variant}${HEX}{3}-?${HEX}{12}$`));
const digits = (text: string): number[] => [...text.replace(/[\s-]/g, '')].map((letter) => (letter === 'X' || letter === 'x' ? 10 : Number(letter)));

const isIsbn10: Check = (text) => /^(?:[\s-]*\d){9}[\s-]*[\dXx]$/.test(text) && digits(text).reduce((sum, digit, at) => sum + digit * (10 - at), 0) % 11 === 0;
const isIsbn13: Check = (text) => /^(?:[\s-]*\d){13}$/.test(text) && digits(text).reduce((sum, digit, at) => sum + digit * (at % 2 === 0 ? 1 : 3), 0) % 10 === 0;

function isUri(text: string): boolean {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:[^\s]*$/.test(text)) return true;
  return text.startsWith('/') && !/\s/.test(text);
}

const isHostname: Check = (text) => text.length <= 255 && text.split('.').every((part) => /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(part));

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && parseTime(`${text}T00:00:00Z`) !== undefined;
}

const isDateTime: Check = (text) =>
  /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:?\d\d)$/.test(text) && isDate(text.slice(0, 10)) && Number(text.slice(11, 13)) < 24 && Number(text.slice(14, 16)) < 60;

const isDuration: Check = (text) =>
  text === '0' || /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text) || /^\s*\d+\s*(?:ns|nano|us|µs|ms|milli|s|sec|second|seconds|m|min|minute|minutes|h|hour|hours|hr|d|day|days|w|week|weeks)\s*$/.test(text);

const isCidr: Check = (text) => {
  const [address, bits, ...rest] = text.split('/');
  if (address === undefined || bits === undefined || rest.length > 0 || !/^\d+$/.test(bits) || !ipaddr.isValid(address)) return false;
  return Number(bits) <= (ipaddr.IPv4.isValidFourPartDecimal(address) ? 32 : 128);
};

const CHECKS: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isUri,
  email: matches(/^[^\s@<>]+@[^\s@<>]+$/),
  hostname: isHostname,
  ipv4: (text) => ipaddr.IPv4.isValidFourPartDecimal(text),
  ipv6: (text) => text.includes(':') && ipaddr.IPv6.isValid(text),
  cidr: isCidr,
  mac: matches(/^[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5,7}$/),
  uuid: uuid(HEX, HEX),
  uuid3: uuid('3', HEX),
  uuid4: uuid('4', '[89abAB]'),
  uuid5: uuid('5', '[89abAB]'),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  creditcard: matches(/^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(/^rgb\(\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*(?:,\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*){2}\)$/),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  password: () => true,
  date: isDate,
  duration: isDuration,
  datetime: isDateTime,
  'date-time': isDateTime,
};

/** Whether a format constrains strings at all. */
export const isStringFormat = (format: string): boolean => Object.prototype.hasOwnProperty.call(CHECKS, format);

/** Whether a text is not of a format. */
export const formatFails = (format: string, text: string): boolean => CHECKS[format]?.(text) === false;
