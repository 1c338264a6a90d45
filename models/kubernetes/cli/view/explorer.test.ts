/**
 * The time-travel view without a terminal: what keys do, and that a screen always fits.
 */
import { describe, expect, it } from 'vitest';
import { LogReader } from '../../../../src/log/reader.ts';
import { bytesSource } from '../../../../src/log/recover.ts';
import { LogWriter } from '../../../../src/log/writer.ts';
import { clusterHeader } from '../../cluster/header.ts';
import { createCluster } from '../../cluster/simulation.ts';
import { ClusterLog } from '../cluster-log.ts';
import { plainCluster } from '../logged-cluster.ts';
import { Explorer } from './explorer.ts';
import { ANSI, PLAIN, render, sizeFor } from './render.ts';

const chunks: Uint8Array[] = [];
const cluster = createCluster({ seed: '1', nodes: 2, freeze: false, guard: false });
const writer = new LogWriter({ write: (bytes) => void chunks.push(bytes) }, clusterHeader(cluster.config));
cluster.kernel.setSink((record) => writer.append(record));
cluster.apply('apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: nginx}]}');
cluster.runFor(10_000_000);
writer.close();
const log = new LogReader(bytesSource(Buffer.concat(chunks)));
const open = (position = log.length): Explorer => new Explorer(new ClusterLog('run.log', log, plainCluster(log.header)), position);
const text = (explorer: Explorer): string => explorer.screen(140, 50, PLAIN).join('\n');
const type = (explorer: Explorer, keys: string): void => [...keys].forEach((key) => explorer.press({ text: key, name: key }));
const enter = { name: 'return' };

describe('the time-travel view', () => {
  it('shows nodes, pods, records and causes', () => {
    const screen = text(open());
    expect(screen).toContain(`of ${log.length} records (100%)`);
    expect(screen).toMatch(/node-1 +Ready/);
    expect(screen).toMatch(/default +web +1\/1 +Running/);
    expect(screen).toMatch(/RECORDS\n[\s\S]*> #\d+[\s\S]*WHY\n/);
  });

  it('fills any screen exactly and never writes beyond its edge', () => {
    for (const [columns, rows] of [[20, 5], [80, 24], [200, 60]] as const) {
      const lines = open().screen(columns, rows, PLAIN);
      expect(lines.length).toBe(rows);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
    expect(render({ title: 't', nodes: [], pods: [], records: [], causes: [] }, 'footer', 10, 4, ANSI)[0]).toBe(`\u001b[7m${'t'.padEnd(10)}\u001b[27m`);
    expect(sizeFor(24).records).toBeGreaterThan(2);
  });

  it('steps, pages, goes to the ends and to what is selected', () => {
    const explorer = open(500);
    explorer.press({ name: 'right' });
    explorer.press({ name: 'right' });
    explorer.press({ name: 'left' });
    expect(explorer.position).toBe(501);
    explorer.press({ text: ']' });
    expect(explorer.position).toBe(601);
    explorer.press({ text: 'g', name: 'g' });
    expect(explorer.position).toBe(0);
    expect(text(explorer)).toContain('the start of');
    explorer.press({ name: 'down' });
    explorer.press({ name: 'down' });
    explorer.press(enter);
    expect(explorer.position).toBeGreaterThan(0);
    explorer.press({ text: 'G', name: 'g' });
    expect(explorer.position).toBe(log.length);
    explorer.press({ name: 'right' });
    expect(explorer.position).toBe(log.length);
  });

  it('searches forwards and backwards', () => {
    const explorer = open(0);
    type(explorer, '/scheduler.decision');
    explorer.press({ name: 'backspace' });
    type(explorer, 'n');
    expect(text(explorer)).toContain('/scheduler.decision');
    explorer.press({ name: 'escape' });
    type(explorer, '/"pod":"default/web"');
    explorer.press(enter);
    const first = explorer.position;
    expect(log.at(first - 1).facts[0]?.kind).toBe('scheduler.decision');
    type(explorer, 'n');
    expect(explorer.position).toBeGreaterThan(first);
    explorer.press({ text: 'N', name: 'n' });
    expect(explorer.position).toBe(first);
    type(explorer, '/no such thing');
    explorer.press(enter);
    expect(text(explorer)).toContain('no record after this one has "no such thing"');
  });

  it('takes positions and the commands of travel, and says what is wrong with one', () => {
    const explorer = open(0);
    type(explorer, ':until pod/web Ready');
    explorer.press(enter);
    expect(text(explorer)).toMatch(/web +1\/1/);
    type(explorer, ':#600');
    explorer.press(enter);
    expect(explorer.position).toBe(601);
    type(explorer, ':continue kind=no-such');
    explorer.press(enter);
    expect(text(explorer)).toContain('nothing found, now at the end');
    type(explorer, ':fly');
    explorer.press(enter);
    expect(text(explorer)).toContain('there is no command "fly"');
    expect(explorer.isDone).toBe(false);
  });

  it('shows every record when asked, and ends by q and by ^C', () => {
    const explorer = open(700);
    const few = text(explorer);
    type(explorer, 'a');
    expect(text(explorer)).not.toBe(few);
    type(explorer, 'q');
    expect(explorer.isDone).toBe(true);
    const other = open(700);
    other.press({ name: 'c', ctrl: true });
    expect(other.isDone).toBe(true);
  });
});
