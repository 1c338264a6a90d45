/**
 * A pseudo-terminal's line discipline: what happens between a person's keys and a program's standard input (termios(3)).
 *
 * Canonical mode with echo: a line reaches the program when it is complete; DEL erases, Ctrl-U erases the line, Ctrl-D
 * ends the input, Ctrl-C interrupts. Output gets a carriage return before each line feed.
 */

/** Where a terminal's events go. */
export interface TerminalSide {
  /** To the screen. */
  readonly show: (text: string) => void;
  /** A complete line (or what Ctrl-D pushed) for the program. */
  readonly line: (text: string) => void;
  /** End of file. */
  readonly end: () => void;
  readonly interrupt: () => void;
}

export class Terminal {
  readonly #side: TerminalSide;
  #line = '';

  constructor(side: TerminalSide) {
    this.#side = side;
  }

  /** Keys, as they were typed. */
  input(text: string): void {
    for (const key of text) this.#key(key);
  }

  #key(key: string): void {
    const { show, line, end, interrupt } = this.#side;
    switch (key) {
      case '\r':
      case '\n':
        show('\r\n');
        line(`${this.#line}\n`);
        this.#line = '';
        return;
      case '\x7f':
      case '\b':
        if (this.#line !== '') show('\b \b');
        this.#line = this.#line.slice(0, -1);
        return;
      case '\x15':
        show('\b \b'.repeat(this.#line.length));
        this.#line = '';
        return;
      case '\x04':
        if (this.#line === '') end();
        else line(this.#line);
        this.#line = '';
        return;
      case '\x03':
        show('^C');
        this.#line = '';
        interrupt();
        return;
      default:
        this.#line += key;
        show(key < ' ' && key !== '\t' ? `^${String.fromCharCode(key.charCodeAt(0) + 64)}` : key);
    }
  }
}

/** Output as a terminal shows it (ONLCR). */
export const onTerminal = (text: string): string => text.replaceAll(/\r?\n/g, '\r\n');
