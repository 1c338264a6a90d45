/**
 * The functions that engines compute with differing last digits, from sums and products alone, to more digits than awk prints; and
 * random(3) of the GNU C library, so that `rand()` gives what it gives there.
 */

const LN2 = 0.6931471805599453;
const PI = 3.141592653589793;

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const halvings = Math.round(x / LN2);
  const rest = x - halvings * LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 30; n++) sum += term *= rest / n;
  let scale = 1;
  for (let n = 0; n < Math.abs(halvings); n++) scale *= 2;
  return halvings < 0 ? sum / scale : sum * scale;
}

export function log(x: number): number {
  if (x < 0 || Number.isNaN(x)) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let mantissa = x;
  let powers = 0;
  for (; mantissa > 1.5; mantissa /= 2) powers++;
  for (; mantissa < 0.75; mantissa *= 2) powers--;
  const ratio = (mantissa - 1) / (mantissa + 1);
  let term = ratio;
  let sum = 0;
  for (let n = 1; n < 80; n += 2) {
    sum += term / n;
    term *= ratio * ratio;
  }
  return 2 * sum + powers * LN2;
}

export function sin(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  const rest = x - Math.round(x / (2 * PI)) * 2 * PI;
  let term = rest;
  let sum = 0;
  for (let n = 1; n < 50; n += 2) {
    sum += term;
    term *= (-rest * rest) / ((n + 1) * (n + 2));
  }
  return sum;
}

export const cos = (x: number): number => sin(x + PI / 2);

export function atan2(y: number, x: number): number {
  if (x === 0 && y === 0) return 0;
  if (Math.abs(x) < Math.abs(y)) return (y > 0 ? PI / 2 : -PI / 2) - atan(x / y);
  return atan(y / x) + (x < 0 ? (y < 0 ? -PI : PI) : 0);
}

function atan(x: number): number {
  if (Math.abs(x) > 0.3) return 2 * atan(x / (1 + Math.sqrt(1 + x * x)));
  let term = x;
  let sum = 0;
  for (let n = 1; n < 60; n += 2) {
    sum += term / n;
    term *= -x * x;
  }
  return sum;
}

export class Random {
  readonly #state: number[] = [];

  constructor(seed: number) {
    const state = this.#state;
    state.push((seed | 0) === 0 ? 1 : seed | 0);
    for (let index = 1; index < 31; index++) {
      const before = state[index - 1] as number;
      const word = 16_807 * (before % 127_773) - 2_836 * Math.trunc(before / 127_773);
      state.push(word < 0 ? word + 2_147_483_647 : word);
    }
    for (let index = 31; index < 34; index++) state.push(state[index - 31] as number);
    for (let index = 34; index < 344; index++) this.#step();
  }

  #step(): number {
    const state = this.#state;
    const next = ((state[state.length - 31] as number) + (state[state.length - 3] as number)) | 0;
    state.push(next);
    if (state.length > 64) state.splice(0, state.length - 34);
    return next;
  }

  /** From 0 up to 1: three numbers of the library's make 63 bits, as busybox puts them together (editors/awk.c). */
  next(): number {
    const word = (): number => this.#step() >>> 1;
    const low = ((word() << 16) ^ word()) >>> 0;
    return (word() * 2 ** 32 + low) / 2 ** 63;
  }
}
