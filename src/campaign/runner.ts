/**
 * Who does the jobs of a campaign: this thread, or several worker threads. Results come in any order; they say whose they are.
 */
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { Json } from '../log/record.ts';
import { perform, type Job, type JobResult } from './job.ts';
import type { CampaignModel } from './model.ts';

/** Does jobs until `next` gives none and all results are there. */
export interface Runner {
  run(next: () => Job | undefined, done: (result: JobResult) => void): Promise<void>;
  close(): Promise<void>;
}

/** How long this thread works before it lets others (signals, timers) have a turn, in ms. */
const TURN = 50;

/**
 * MB of a semi-space for new objects in a thread, from the start. A run is over after some 20 MB of them, so that most are gone before they
 * are copied once; with Node's 16 MB, to which it grows from 1, a fifth of a campaign's time went into copying.
 */
const SEMI_SPACE_MB = 64;

/** Does the jobs in this thread. */
export class LocalRunner implements Runner {
  private readonly model: CampaignModel;

  constructor(model: CampaignModel) {
    this.model = model;
  }

  async run(next: () => Job | undefined, done: (result: JobResult) => void): Promise<void> {
    let since = performance.now();
    for (let job = next(); job !== undefined; job = next()) {
      done(perform(this.model, job));
      if (performance.now() - since < TURN) continue;
      await new Promise((resolve) => void setImmediate(resolve));
      since = performance.now();
    }
  }

  async close(): Promise<void> {}
}

/** How a worker thread is told which model it serves. */
export interface WorkerModel {
  readonly name: string;
  readonly parameters: Json;
}

/** How many jobs a thread is given at once: small enough to spread long runs, large enough to hide the messages of short ones. */
const AT_ONCE = 4;

/** Does the jobs in `count` threads that run the script `url` (see `worker.ts`). */
export class ThreadRunner implements Runner {
  private readonly workers: readonly Worker[];

  constructor(url: URL, model: WorkerModel, count: number) {
    // Heaps that are made from now on: the threads'. A Worker's own limits know no least size.
    setFlagsFromString(`--min-semi-space-size=${SEMI_SPACE_MB}`);
    setFlagsFromString(`--max-semi-space-size=${SEMI_SPACE_MB}`);
    this.workers = Array.from({ length: count }, () => new Worker(url, { workerData: model }));
  }

  async run(next: () => Job | undefined, done: (result: JobResult) => void): Promise<void> {
    await Promise.all(this.workers.map((worker) => drain(worker, next, done)));
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

function drain(worker: Worker, next: () => Job | undefined, done: (result: JobResult) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let open: Job[] = [];
    const end = (error?: Error): void => {
      worker.off('message', receive).off('error', end).off('exit', exited);
      if (error === undefined) resolve();
      else reject(error);
    };
    const exited = (code: number): void => end(new Error(`a worker thread ended with code ${code} while it ran ${open.map(({ seed, index }) => seed ?? `run ${index}`).join(', ')}`));
    const give = (): void => {
      open = [];
      for (let job = next(); job !== undefined; job = open.length < AT_ONCE ? next() : undefined) open.push(job);
      if (open.length === 0) end();
      else worker.postMessage(open);
    };
    const receive = (results: readonly JobResult[]): void => {
      try {
        results.forEach(done);
        give();
      } catch (error) {
        end(error as Error);
      }
    };
    worker.on('message', receive).on('error', end).on('exit', exited);
    give();
  });
}
