/**
 * The command `kubetwin`. Verbs live in `src/cli` where they serve any model, and in `models/kubernetes/cli` where they
 * speak of Kubernetes; each adds itself to the command line in `models/kubernetes/cli/verbs`.
 */
import { Command, CommanderError } from 'commander';
import { CliError, EXIT } from '../../src/cli/exit.ts';
import { verbsFor } from './cli/verbs/index.ts';
import type { Register } from './cli/verbs/verb.ts';

const VERSION = '0.1.0';

/** The command line with these verbs. Each action's result is the exit code. */
function program(verbs: readonly Register[], exit: (code: number) => void): Command {
  const command = new Command('kubetwin')
    .description('A deterministic Kubernetes in one process: run, replay, explain and break a whole cluster in virtual time.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(kubetwin help shows all verbs)')
    .addHelpText('after', '\nExit codes: 0 fine, 1 a property failed or the cluster did not converge, 2 usage or bad input, 3 replay diverged, 4 corrupt log.');
  for (const register of verbs) register(command, exit);
  return command;
}

/** Runs the command line; returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  try {
    await program(await verbsFor(args), (value) => {
      code = value;
    }).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliError) {
      process.stderr.write(`kubetwin: ${error.message}\n`);
      return error.exitCode;
    }
    throw error;
  }
}
