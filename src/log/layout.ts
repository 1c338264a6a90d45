/**
 * The numbers that encode.ts and decode.ts must agree on: sections of a block's body and the bits of a record's mark.
 */
import type { Via } from './record.ts';

/** Sections of a block. A reader must know the even ones; odd ones may be skipped. */
export const Section = {
  strings: 2,
  marks: 4,
  times: 6,
  actors: 8,
  kinds: 10,
  causes: 12,
  froms: 14,
  digests: 16,
  choices: 18,
  facts: 20,
  messages: 22,
  text: 24,
  checks: 26,
  effects: 27,
} as const;

/** How steps came to be, by code. */
export const VIAS: readonly Via[] = ['start', 'message', 'timer', 'input', 'control', 'bound'];
/** At level `inputs`: a record of which only the choices are kept. */
export const CHOICES_ONLY = 6;
/** At level `inputs`: a record of which nothing is kept. */
export const OMITTED = 7;

/** Bits of a mark above the three of its `via`. */
export const Mark = { via: 7, external: 8, from: 16, choices: 32, facts: 64, message: 128 } as const;
