/**
 * A container's log: lines with time and stream, as `kubectl logs` shows them.
 *
 * Text without an end of line is kept until it gets one or the container ends. Upstream rotates at 10 MiB and keeps five
 * files; here the oldest lines go when the log has more than that many characters.
 */
import { rfc3339Nano } from '../object/time.ts';
import type { LogQuery } from '../api/cri.ts';

/** containerLogMaxSize 10Mi: what `kubectl logs` can see is the present file. */
const CHARACTERS_MAX = 10 * 1024 * 1024;

interface Line {
  readonly atUs: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Without an end of line: the process ended in the middle of it. */
  readonly isPartial?: boolean;
}

/** Somebody who follows a log: `kubectl attach` sees what is written, `kubectl logs -f` the lines. */
export interface LogFollower {
  readonly written?: (stream: 'stdout' | 'stderr', text: string) => void;
  /** One line as `kubectl logs` prints it without a time, and when it was written. */
  readonly line?: (text: string, atUs: number) => void;
  /** The container has ended. */
  readonly ended: () => void;
}

const textOf = ({ text, isPartial }: Line): string => (isPartial === true ? text : `${text}\n`);

export class ContainerLog {
  readonly followers = new Set<LogFollower>();
  readonly #lines: Line[] = [];
  #partial = { stdout: '', stderr: '' };
  #size = 0;

  write(stream: 'stdout' | 'stderr', text: string, nowUs: number): void {
    const all = this.#partial[stream] + text;
    const lines = all.split('\n');
    this.#partial[stream] = lines.pop() ?? '';
    for (const line of lines) this.#push({ atUs: nowUs, stream, text: line });
    for (const follower of this.followers) follower.written?.(stream, text);
  }

  #push(line: Line): void {
    this.#lines.push(line);
    for (const follower of this.followers) follower.line?.(textOf(line), line.atUs);
    this.#size += line.text.length + 1;
    while (this.#size > CHARACTERS_MAX) this.#size -= (this.#lines.shift()?.text.length ?? this.#size) + 1;
  }

  /** Ends partial lines: the process is gone. */
  close(nowUs: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#push({ atUs: nowUs, stream, text: this.#partial[stream], isPartial: true });
      this.#partial[stream] = '';
    }
    for (const follower of this.followers) follower.ended();
    this.followers.clear();
  }

  /** Characters kept. */
  get size(): number {
    return this.#size;
  }

  /** A time as `kubectl logs --timestamps` prints it. */
  timeOf(atUs: number, epochMs: number): string {
    return rfc3339Nano(epochMs, atUs);
  }

  /** What `kubectl logs` prints. */
  read(query: LogQuery, epochMs: number): string {
    let lines: readonly Line[] = this.#lines;
    if (query.sinceUs !== undefined) lines = lines.filter((line) => line.atUs >= (query.sinceUs ?? 0));
    if (query.tailLines !== undefined) lines = query.tailLines === 0 ? [] : lines.slice(-query.tailLines);
    const time = (line: Line): string => (query.timestamps === true ? `${this.timeOf(line.atUs, epochMs)} ` : '');
    const text = lines.map((line) => `${time(line)}${textOf(line)}`).join('');
    return query.limitBytes === undefined ? text : text.slice(0, query.limitBytes);
  }

  /** The end of the log, for a termination message: at most 80 lines and 2048 characters (kuberuntime_container.go). */
  tail(): string {
    const text = this.#lines.slice(-80).map(textOf).join('');
    return text.slice(-2048);
  }
}
