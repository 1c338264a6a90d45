/**
 * Runs a process against the fake API server on the real kernel, for tests of the client machinery.
 */
import { Kernel, PlainNetwork, type Message } from '../../../../src/index.ts';
import { Client } from '../client.ts';
import { processBehavior, type Process } from '../process.ts';
import { fakeApiServer, type FakeState } from './fake-api-server.ts';

export const USER = { name: 'system:test', groups: ['system:authenticated'] };
/** 2026-01-01T00:00:00Z in ms. */
export const EPOCH = 1_767_225_600_000;

export interface Harness {
  readonly kernel: Kernel;
  /** Runs for this many µs more. */
  run(us: number): void;
  server(): FakeState;
  input(message: Message): void;
}

/** Starts the fake server and a process with this main function; each message takes 1 ms. */
export function harness(main: (process: Process, client: Client) => void, options: { qps?: number; burst?: number } = {}): Harness {
  const kernel = new Kernel({ seed: 'client', network: new PlainNetwork({ default: { min: 1_000, max: 1_000 } }) });
  kernel.spawn({ id: 'server', type: 'server', behavior: fakeApiServer() });
  kernel.spawn({
    id: 'process',
    type: 'process',
    behavior: processBehavior((process) => main(process, new Client(process, { servers: ['server'], user: USER, userAgent: 'test', ...options }))),
  });
  return {
    kernel,
    run: (us) => void kernel.run({ until: kernel.now + us }),
    server: () => kernel.state('server') as FakeState,
    input: (message) => kernel.input('server', message),
  };
}
