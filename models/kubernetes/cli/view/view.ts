/**
 * `kubetwin view LOG`: travelling through a run in a terminal.
 */
import { emitKeypressEvents } from 'node:readline';
import { CliError, EXIT } from '../../../../src/cli/exit.ts';
import { openForReading } from '../../../../src/cli/replay.ts';
import { ClusterLog } from '../cluster-log.ts';
import { Explorer } from './explorer.ts';
import { ANSI, PLAIN } from './render.ts';

export interface ViewOptions {
  readonly at?: string;
  /** Prints one screen and ends; for scripts and pipes. */
  readonly once?: boolean;
}

const ALTERNATE = '\u001b[?1049h\u001b[?25l';
const NORMAL = '\u001b[?25h\u001b[?1049l';

/** Shows the view until the person leaves it. @throws CliError when there is no terminal. */
export async function view(path: string, options: ViewOptions): Promise<number> {
  const { stdin, stdout } = process;
  if (options.once !== true && (!stdin.isTTY || !stdout.isTTY)) {
    throw new CliError(`view needs a terminal; in a script use \`kubetwin view ${path} --once\`, \`kubetwin travel\`, \`kubetwin get\` or \`kubetwin why\``);
  }
  const { reader, close } = openForReading(path);
  try {
    const cluster = await ClusterLog.of(path, reader);
    const explorer = new Explorer(cluster, cluster.position(options.at));
    if (options.once === true) stdout.write(`${explorer.screen(stdout.columns ?? 160, stdout.rows ?? 50, PLAIN).map((line) => line.trimEnd()).join('\n')}\n`);
    else await interact(explorer);
    return EXIT.ok;
  } finally {
    close();
  }
}

function interact(explorer: Explorer): Promise<void> {
  const { stdin, stdout } = process;
  const draw = (): void => {
    const lines = explorer.screen(stdout.columns, stdout.rows, ANSI);
    stdout.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}`);
  };
  return new Promise((resolve, reject) => {
    const restore = (): void => {
      stdin.off('keypress', pressed);
      stdout.off('resize', draw);
      process.off('SIGTERM', leave);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.write(NORMAL);
    };
    const leave = (): void => {
      restore();
      resolve();
    };
    const pressed = (text: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
      try {
        explorer.press({ text, name: key.name, ctrl: key.ctrl });
        if (explorer.isDone) leave();
        else draw();
      } catch (error) {
        restore();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('keypress', pressed);
    stdout.on('resize', draw);
    process.once('SIGTERM', leave);
    stdout.write(ALTERNATE);
    draw();
  });
}
