/** The command behind `npm run fidelity`. */
import { main } from './run.ts';

process.exitCode = await main(process.argv.slice(2));
