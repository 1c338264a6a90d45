/**
 * Runs verbs of the command in this process: what they print and their exit code, without the time that a process takes to start.
 * Whether the built command behaves the same is what `errors.test.ts` and `determinism.test.ts` see to.
 */
import { main } from '../../models/kubernetes/main.ts';

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `kubetwin ARGS`. */
export async function verb(...args: readonly string[]): Promise<Printed> {
  const printed = { stdout: '', stderr: '' };
  const [stdout, stderr] = [process.stdout.write, process.stderr.write];
  const capture = (name: 'stdout' | 'stderr') => (text: string | Uint8Array) => {
    printed[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  };
  process.stdout.write = capture('stdout') as typeof stdout;
  process.stderr.write = capture('stderr') as typeof stderr;
  try {
    const code = await main(args);
    return { code, ...printed };
  } finally {
    process.stdout.write = stdout;
    process.stderr.write = stderr;
  }
}
