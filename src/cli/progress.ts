/**
 * One line of progress on a terminal; nothing at all when the output is piped.
 */

/** Where progress goes. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class Progress {
  private readonly terminal: Terminal;
  private readonly isOn: boolean;
  private isShown = false;

  /** Shows on `terminal` (standard error, usually) if a person looks at it. */
  constructor(terminal: Terminal, isWanted = true) {
    this.terminal = terminal;
    this.isOn = isWanted && terminal.isTTY === true;
  }

  /** Replaces the line. */
  show(text: string): void {
    if (!this.isOn) return;
    const width = Math.max(20, (this.terminal.columns ?? 80) - 1);
    this.terminal.write(`\r\u001b[2K${text.length > width ? `${text.slice(0, width - 1)}…` : text}`);
    this.isShown = true;
  }

  /** Removes the line. */
  clear(): void {
    if (this.isShown) this.terminal.write('\r\u001b[2K');
    this.isShown = false;
  }
}
