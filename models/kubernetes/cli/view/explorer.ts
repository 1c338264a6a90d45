/**
 * The time-travel view without its terminal: keys in, screens out.
 */
import { CliError } from '../../../../src/cli/exit.ts';
import { parseTravel } from '../../../../src/cli/travel.ts';
import { Cursor } from '../../../../src/replay/travel.ts';
import { sayRecord } from '../../explain/phrasebook.ts';
import type { StoreView } from '../../explain/store-view.ts';
import type { ClusterLog } from '../cluster-log.ts';
import { CLUSTER_TRAVEL } from '../cluster-travel.ts';
import { KEYS, render, sizeFor, type Ink } from './render.ts';
import { sceneOf } from './scene.ts';

/** A key: what Node's readline calls it, or the character that was typed. */
export interface Key {
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

const PAGE = 100;

export class Explorer {
  isDone = false;
  private readonly cluster: ClusterLog;
  private readonly cursor: Cursor<StoreView>;
  private selected: number;
  private showsAll = false;
  private searched = '';
  /** What is being typed after `/` or `:`. */
  private prompt: { readonly kind: '/' | ':'; text: string } | undefined;
  private message = '';

  constructor(cluster: ClusterLog, position: number) {
    this.cluster = cluster;
    this.cursor = new Cursor(cluster.seeker, position);
    this.selected = Math.max(0, position - 1);
  }

  get position(): number {
    return this.cursor.position;
  }

  /** Handles one key. Never throws for what a person types. */
  press({ name, text, ctrl }: Key): void {
    this.message = '';
    if (ctrl === true && name === 'c') {
      this.isDone = true;
      return;
    }
    try {
      if (this.prompt === undefined) this.command(name, text);
      else this.type(this.prompt, name, text);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      this.message = error.message;
    }
  }

  /** The screen. */
  screen(columns: number, rows: number, ink: Ink): string[] {
    const { path, log, config } = this.cluster;
    const scene = sceneOf(log, this.cursor.state, { path, epoch: config.epoch, position: this.position, selected: this.selected, showsAll: this.showsAll, size: sizeFor(rows) });
    return render(scene, this.prompt === undefined ? this.message || KEYS : `${this.prompt.kind}${this.prompt.text}`, columns, rows, ink);
  }

  private command(name: string | undefined, text: string | undefined): void {
    switch (name === undefined || name.length === 1 ? text : name) {
      case 'right':
      case 'l':
        return this.go(this.position + 1);
      case 'left':
      case 'h':
        return this.go(this.position - 1);
      case 'pagedown':
      case ']':
        return this.go(this.position + PAGE);
      case 'pageup':
      case '[':
        return this.go(this.position - PAGE);
      case 'home':
      case 'g':
        return this.go(0);
      case 'end':
      case 'G':
        return this.go(this.cluster.log.length);
      case 'up':
      case 'k':
        return this.select(-1);
      case 'down':
      case 'j':
        return this.select(1);
      case 'return':
      case 'enter':
        return this.go(this.selected + 1);
      case '/':
      case ':':
        this.prompt = { kind: text as '/' | ':', text: '' };
        return undefined;
      case 'n':
        return this.search(this.searched, 1);
      case 'N':
        return this.search(this.searched, -1);
      case 'a':
        this.showsAll = !this.showsAll;
        return undefined;
      case 'q':
      case 'escape':
        this.isDone = true;
        return undefined;
      default:
        return undefined;
    }
  }

  private type(prompt: { readonly kind: '/' | ':'; text: string }, name: string | undefined, text: string | undefined): void {
    if (name === 'escape') this.prompt = undefined;
    else if (name === 'backspace') prompt.text = prompt.text.slice(0, -1);
    else if (name === 'return' || name === 'enter') {
      this.prompt = undefined;
      if (prompt.kind === '/') this.search((this.searched = prompt.text), 1);
      else if (prompt.text === 'q') this.isDone = true;
      else this.travel(prompt.text);
    } else if (text !== undefined && text >= ' ') prompt.text += text;
  }

  private go(position: number): void {
    this.cursor.seek(position);
    this.selected = Math.max(0, this.position - 1);
  }

  private travel(text: string): void {
    const record = parseTravel(/^(#?\d+|[\d.]+(us|ms|s|m|h|d).*|start|end)$/.test(text) ? `at ${text}` : text, CLUSTER_TRAVEL)(this.cursor);
    this.selected = Math.max(0, this.position - 1);
    if (record === undefined && this.position !== 0) this.message = `${text}: nothing found, now at the end`;
  }

  /** The next record in a direction that is shown. */
  private select(by: 1 | -1): void {
    const { log } = this.cluster;
    for (let seq = this.selected + by; seq >= 0 && seq < log.length; seq += by) {
      if (!this.showsAll && sayRecord(log.at(seq), log) === undefined) continue;
      this.selected = seq;
      return;
    }
  }

  /** Goes to the next record that has the text in its facts, its actor or its kind. */
  private search(text: string, by: 1 | -1): void {
    const { log } = this.cluster;
    if (text === '') return;
    for (let seq = this.selected + by; seq >= 0 && seq < log.length; ) {
      const view = log.blockOf(seq);
      const inText = new Set(view.withText(text));
      for (let i = seq - view.seq; i >= 0 && i < view.count; i += by) {
        if (!inText.has(i) && !view.actorOf(i).includes(text) && !view.kindOf(i).includes(text)) continue;
        this.go(view.seq + i + 1);
        return;
      }
      seq = by === 1 ? view.seq + view.count : view.seq - 1;
    }
    this.message = `no record ${by === 1 ? 'after' : 'before'} this one has "${text}"`;
  }
}
