/**
 * Properties draw from one seed, so that a run of the tests can be repeated: the same in every run of the suite, another one for a campaign
 * (`KUBETWIN_SEED=$RANDOM npm test`). fast-check prints the seed of whatever fails.
 */
import fc from 'fast-check';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['KUBETWIN_SEED'] ?? 132) });
