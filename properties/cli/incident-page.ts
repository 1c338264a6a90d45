/**
 * Pages of docs/incidents: their commands, run again, and what they print.
 *
 * Commands stand in blocks of `console` after `$ `. Logs are made in a folder of the test's own; a `$(kubetwin …)` inside a command
 * is replaced by what it prints.
 */
import { join } from 'node:path';
import { verb } from './in-process.ts';
import { ROOT } from './kubetwin.ts';

/** A command of a page and what the page says that it prints. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

const BLOCK = /```console\n([\s\S]*?)```/g;

/** The commands of a page, in order. */
export function commandsOf(page: string): Shown[] {
  return [...page.matchAll(BLOCK)].flatMap(([, block = '']) => block.split(/^\$ /m).slice(1).map((text) => {
    const end = text.indexOf('\n');
    return { command: text.slice(0, end), output: text.slice(end + 1) };
  }));
}

/** The page with other outputs, one for each command. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let next = 0;
  return page.replaceAll(BLOCK, (_, block: string) => {
    const commands = block.split(/^\$ /m).slice(1).map((text) => text.slice(0, text.indexOf('\n')));
    return `\`\`\`console\n${commands.map((command) => `$ ${command}\n${outputs[next++] ?? ''}`).join('')}\`\`\``;
  });
}

/** Runs a command; logs live in `place`. */
export async function perform(command: string, place: string): Promise<string> {
  let text = command;
  for (const [whole, inner = ''] of command.matchAll(/\$\((kubetwin [^)]*)\)/g)) text = text.replace(whole, (await perform(inner, place)).trimEnd());
  const isQuiet = text.endsWith(' > /dev/null');
  const [program, ...words] = wordsOf(isQuiet ? text.slice(0, -' > /dev/null'.length) : text);
  if (program !== 'kubetwin') throw new Error(`a page runs kubetwin, not ${program}`);
  const args = words.map((word) => (/^[\w-]+\.log$/.test(word) ? join(place, word) : word.startsWith('examples/') ? join(ROOT, word) : word));
  const { stdout, stderr } = await verb(...args);
  return `${isQuiet ? '' : stdout}${stderr}`.replaceAll(`${place}/`, '').replaceAll(ROOT, '');
}

/** The words of a line as a shell splits them: quotes, and a backslash outside of them, keep together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|\\.|\S)+/g)].map(([word]) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''));
}

/** What may differ between two versions of the program is made equal: addresses, times, generated names, hashes, counts of steps. */
export function essence(output: string): string {
  return output
    .replaceAll(/\b\d+ µs/g, 'T')
    .replaceAll(/#\d+/g, '#N')
    .replaceAll(/\b\d+\.\d+s\b/g, 'T')
    .replaceAll(/\b(\d+[dhms])+\b/g, 'T')
    .replaceAll(/\b[0-9a-f]{16}\b/g, 'HASH')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UID')
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{6,10}\b/g, '-TEMPLATE')
    .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-NAME')
    .replaceAll(/\b10\.\d+\.\d+\.\d+\b/g, 'IP')
    .replaceAll(/\(\d+ times\)/g, '(N times)')
    .replaceAll(/\b(node-)\d\b/g, '$1N')
    .replaceAll(/\d+ records/g, 'N records')
    .replaceAll(/"[Uu]nhealthy": \d+ and \d+/g, '"Unhealthy": N and N')
    .replaceAll(/[ \t]+/g, ' ')
    .replaceAll(/seed 1 plan .*/g, 'FINGERPRINT');
}
