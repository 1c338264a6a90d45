/** The script of a worker thread of `kubetwin check`. */
import { serveJobs } from '../../../src/campaign/worker.ts';
import { campaignByName } from '../../../src/cli/models.ts';
import { CATALOGUE } from '../../catalogue.ts';

await serveJobs(campaignByName(CATALOGUE));
