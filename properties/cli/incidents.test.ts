/**
 * The pages of docs/incidents are true: every command is run again and prints what the page says.
 *
 * Addresses, times, generated names and hashes may differ, so that a change of a latency does not make a page wrong; words and
 * numbers of things may not. `npm run incidents` writes the pages anew.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandsOf, essence, perform, withOutputs } from './incident-page.ts';
import { folder, ROOT } from './kubetwin.ts';

const PAGES = join(ROOT, 'docs/incidents');
const pages = readdirSync(PAGES).filter((name) => name.endsWith('.md') && name !== 'README.md');
const isUpdate = process.env['UPDATE_INCIDENTS'] !== undefined;

describe('docs/incidents', () => {
  it('has at least five pages, each of which asks and answers', () => {
    expect(pages.length).toBeGreaterThanOrEqual(5);
    const index = readFileSync(join(PAGES, 'README.md'), 'utf8');
    for (const name of pages) {
      const page = readFileSync(join(PAGES, name), 'utf8');
      expect(index).toContain(`(${name})`);
      expect(page).toMatch(/^# .*\?\n/);
      expect(page).toContain('**Answer.**');
      expect(commandsOf(page).length).toBeGreaterThan(2);
    }
  });

  it.each(pages)('%s prints what it says', async (name) => {
    const path = join(PAGES, name);
    const page = readFileSync(path, 'utf8');
    const place = folder();
    const printed: string[] = [];
    for (const { command, output } of commandsOf(page)) {
      const now = await perform(command, place);
      printed.push(now);
      if (!isUpdate) expect(`$ ${command}\n${essence(now)}`).toBe(`$ ${command}\n${essence(output)}`);
    }
    if (isUpdate) writeFileSync(path, withOutputs(page, printed));
  });
});
