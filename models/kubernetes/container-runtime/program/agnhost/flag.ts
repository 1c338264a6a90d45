/** Flags and log lines as Go programs have them. */
import { civil } from '../../../object/time.ts';
import type { System } from '../../process/system.ts';

/** The value of `--name value`, `--name=value` or `-name=value`. `short` is a one-letter alias. */
export function flagOf(words: readonly string[], name: string, short?: string): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === `--${name}` || word === `-${name}` || (short !== undefined && word === `-${short}`)) return words[index + 1] ?? '';
    const value = new RegExp(`^--?${name}=(.*)$`, 's').exec(word)?.[1];
    if (value !== undefined) return value;
  }
  return undefined;
}

export const numberFlag = (words: readonly string[], name: string, fallback: number, short?: string): number => Number(flagOf(words, name, short) ?? fallback);

/** A switch: there, or with a value that is not false. */
export function isOn(words: readonly string[], name: string, fallback = false): boolean {
  const word = words.find((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  if (word === undefined) return fallback;
  return !word.endsWith('=false');
}

/** `log.Printf`: date, time and text on standard error. */
export function logLine(system: System, text: string): void {
  const seconds = Math.floor((system.epochMs + system.nowUs / 1000) / 1000);
  const { year, month, day } = civil(Math.floor(seconds / 86_400));
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = seconds % 86_400;
  system.writeNow(2, `${year}/${two(month)}/${two(day)} ${two(Math.floor(time / 3600))}:${two(Math.floor(time / 60) % 60)}:${two(time % 60)} ${text}\n`);
}

/** `host:port` of a client, with a port as the kernel hands them out. */
export const remoteAddress = (ip: string, id: number): string => `${ip.includes(':') ? `[${ip}]` : ip}:${32_768 + (id % 28_232)}`;
