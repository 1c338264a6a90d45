#!/usr/bin/env node
/** The executable: runs the command line and ends with its exit code. */
import { main } from './main.ts';

// Who reads along may have seen enough (`kubetwin get … | head`): nothing is wrong then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));
