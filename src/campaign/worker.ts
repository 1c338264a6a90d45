/**
 * The inside of a campaign's worker thread: finds its model by name, does the jobs it is given, sends the results back.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Json } from '../log/record.ts';
import { perform, type Job } from './job.ts';
import type { CampaignModel } from './model.ts';
import type { WorkerModel } from './runner.ts';

/** Serves until the thread is ended. To be called by the thread's script. */
export async function serveJobs(modelOf: (name: string, parameters: Json) => Promise<CampaignModel>): Promise<void> {
  const { name, parameters } = workerData as WorkerModel;
  const model = await modelOf(name, parameters);
  parentPort?.on('message', (jobs: readonly Job[]) => parentPort?.postMessage(jobs.map((job) => perform(model, job))));
}
