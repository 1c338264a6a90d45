/**
 * Quantities as Go prints the struct with `%#v`, which is what clients see where upstream passes one as a rejected value.
 * Upstream: apimachinery/pkg/api/resource/quantity.go (ParseQuantity).
 */
import { quantityOf } from '../../object/quantity.ts';
import { goQuote, literal } from '../status/go-format.ts';
import type { Literal } from '../status/go-format.ts';

const PARTS = /^([+-]?)0*([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+)|([EinumkKMGTP]*))$/;
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** Digits that an int64 surely holds, of plain and of binary amounts. */
const DECIMAL_DIGITS = 18;
const BINARY_DIGITS = 15;
const NANO_SCALE = -9;

/** The amount when it fits an int64 with a power of ten: such are parsed without big numbers. */
function smallAmount(text: string): { readonly value: bigint; readonly scale: number } | undefined {
  const [, sign = '', whole = '', fraction = '', exponent, suffix = ''] = PARTS.exec(text) ?? [];
  const power = suffix === '' ? -1 : BINARY.indexOf(suffix);
  const digits = whole.length + fraction.length;
  const isBinary = power > 0;
  const room = isBinary ? BINARY_DIGITS - digits - Math.trunc(power * 3) - 1 : DECIMAL_DIGITS - digits;
  const scale = isBinary ? 0 : (exponent === undefined ? DECIMAL.indexOf(suffix) * 3 + NANO_SCALE : Number(exponent)) - fraction.length;
  if (room < 0 || (isBinary && fraction !== '') || scale < NANO_SCALE) return undefined;
  const value = BigInt(`${whole}${fraction}` || '0') << BigInt(isBinary ? power * 10 : 0);
  return { value: sign === '-' ? -value : value, scale };
}

/** `resource.Quantity{...}` of a written quantity. */
export function quantitySyntax(text: string): Literal {
  const small = smallAmount(text);
  const { value, scale } = small ?? { value: 0n, scale: 0 };
  const big = small === undefined ? '0xc000000000' : 'nil';
  const written = small === undefined ? '' : text;
  const { format } = quantityOf(text);
  return literal(
    `resource.Quantity{i:resource.int64Amount{value:${value}, scale:${scale}}, d:resource.infDecAmount{Dec:(*inf.Dec)(${big})}, s:${goQuote(written)}, Format:${goQuote(format)}}`,
  );
}
