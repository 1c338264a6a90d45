/**
 * Go's dump of a resource.Quantity: its private fields as ParseQuantity leaves them.
 *
 * A text that is known to be canonical is kept in `s`; the number is held as int64 with a scale when it fits.
 * Source: apimachinery/pkg/api/resource/quantity.go (ParseQuantity), suffix.go, amount.go at v1.32.
 */
const SUFFIXES: Readonly<Record<string, readonly [base: 2 | 10, exponent: number]>> = {
  '': [10, 0], n: [10, -9], u: [10, -6], m: [10, -3], k: [10, 3], M: [10, 6], G: [10, 9], T: [10, 12], P: [10, 15], E: [10, 18],
  Ki: [2, 10], Mi: [2, 20], Gi: [2, 30], Ti: [2, 40], Pi: [2, 50], Ei: [2, 60],
};
/** math.go: the most decimal digits that fit an int64 for certain. */
const MAX_INT64_DIGITS = 18;
const MAX_INT64 = 2n ** 63n - 1n;
const BILLION = 10n ** 9n;
const WORD = 2n ** 64n;

/** The dump without its type. An absent quantity is Go's zero value, which has no format. */
export function dumpQuantity(quantity: string | number | undefined): string {
  if (quantity === undefined) return small(0n, 0, '', '');
  const text = String(quantity);
  if (text === '0') return small(0n, 0, text, 'DecimalSI');
  const [, sign = '', whole = '', fraction = '', suffix = ''] = /^([+-]?)0*(\d*)(?:\.(\d*))?(.*)$/.exec(text) ?? [];
  const digits = (whole === '' ? '0' : whole) + fraction;
  const [base, exponent] = SUFFIXES[suffix] ?? [10, Number(suffix.slice(1))];
  const format = base === 2 ? 'BinarySI' : SUFFIXES[suffix] === undefined ? 'DecimalExponent' : 'DecimalSI';
  const magnitude = BigInt(digits) * (base === 2 ? 2n ** BigInt(exponent) : 1n);
  const scale = base === 2 ? 0 : exponent - fraction.length;
  const room = base === 2 ? (fraction === '' ? 14 - whole.length - Math.trunc((exponent * 3) / 10) : -1) : MAX_INT64_DIGITS - digits.length;
  if (room < 0 || scale < -9 || magnitude > MAX_INT64) return big(magnitude, base === 2 ? fraction.length : -scale, sign === '-', format);
  const isCanonical = base === 2 ? exponent % 10 === 0 && (BigInt(digits) & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
  return small(sign === '-' ? -magnitude : magnitude, scale, isCanonical ? text : '', format);
}

const small = (value: bigint, scale: number, text: string, format: string): string =>
  `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${text} Format:(resource.Format)${format}}`;

/** A number beyond int64: an inf.Dec, rounded up to nine decimal places. */
function big(unscaled: bigint, scale: number, isNegative: boolean, format: string): string {
  const nano = scale <= 9 ? unscaled * 10n ** BigInt(9 - scale) : (unscaled * BILLION + 10n ** BigInt(scale) - 1n) / 10n ** BigInt(scale);
  const words: bigint[] = [];
  for (let rest = nano; rest > 0n; rest /= WORD) words.push(rest % WORD);
  const number = `(*inf.Dec){unscaled:(big.Int){neg:(bool)${isNegative} abs:(big.nat)[${words.join(' ')}]} scale:(inf.Scale)9}`;
  return `{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:${number}} s:(string) Format:(resource.Format)${format}}`;
}
