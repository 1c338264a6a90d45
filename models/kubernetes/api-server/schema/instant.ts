/**
 * The two time formats of the API in canonical form: `metav1.Time` (whole seconds) and `metav1.MicroTime`, both in UTC.
 *
 * Upstream: apimachinery/pkg/apis/meta/v1/{time,micro_time}.go.
 */
import { formatSeconds, parseTime } from '../../object/time.ts';
import { goQuote } from '../status/go-format.ts';

const WHOLE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const MICRO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
/** Canonical texts that need no parsing to be known as times: days that every month has. Almost all texts are such. */
const USUAL = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{6})?Z$/;
const isUsual = (text: string, isWhole: boolean): boolean => text.length === (isWhole ? 20 : 27) && USUAL.test(text);

/** RFC 3339 with whole seconds in UTC; undefined when the text is no time. */
export function canonicalTime(text: string): string | undefined {
  if (isUsual(text, true)) return text;
  const micros = parseTime(text);
  if (micros === undefined) return undefined;
  return WHOLE.test(text) ? text : formatSeconds(Math.floor(micros / 1_000_000));
}

/** RFC 3339 with six decimals in UTC; undefined when the text is no time. */
export function canonicalMicroTime(text: string): string | undefined {
  if (isUsual(text, false)) return text;
  const micros = parseTime(text);
  if (micros === undefined) return undefined;
  if (MICRO.test(text)) return text;
  const seconds = Math.floor(micros / 1_000_000);
  return `${formatSeconds(seconds).slice(0, -1)}.${String(micros - seconds * 1_000_000).padStart(6, '0')}Z`;
}

/** Go's message for a text that is no time of that format. */
export function timeError(text: string, isWhole: boolean): string {
  const layout = isWhole ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  return `parsing time ${goQuote(text)} as ${goQuote(layout)}: cannot parse ${goQuote(text)} as "2006"`;
}
