/**
 * Whether the options of a log request can be decoded and stand together.
 * Source: pkg/registry/core/pod/rest/log.go, pkg/apis/core/validation (`ValidatePodLogOptions`), apiserver/pkg/endpoints/handlers/get.go.
 */
import type { Query } from '../../api/message.ts';
import { parseIntError } from '../request/number.ts';
import { canonicalTime, timeError } from '../schema/instant.ts';
import { forbiddenValue, invalidValue, type FieldError } from '../status/field-error.ts';
import { badRequest, invalid, type Status } from '../status/status.ts';

/** Options that are no texts and no flags, in the order in which they are decoded. */
const PARSERS: Readonly<Record<string, (text: string) => string | undefined>> = { sinceSeconds: parseIntError, sinceTime: sinceTimeError, tailLines: parseIntError, limitBytes: parseIntError };

/** What is wrong with the options of a request for the log of the pod `name`, if anything. */
export function logOptionsError(query: Query, name: string): Status | undefined {
  for (const [option, error] of Object.entries(PARSERS)) {
    const wrong = query[option] === undefined ? undefined : error(query[option]);
    if (wrong !== undefined) return badRequest(wrong);
  }
  const errors: FieldError[] = [];
  const atLeast = (option: string, least: 0 | 1): void => {
    if (query[option] === undefined || Number(query[option]) >= least) return;
    errors.push(invalidValue(option, Number(query[option]), least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0'));
  };
  atLeast('tailLines', 0);
  atLeast('limitBytes', 1);
  if (query['sinceSeconds'] !== undefined && query['sinceTime'] !== undefined) errors.push(forbiddenValue('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else atLeast('sinceSeconds', 1);
  // PodLogsQuerySplitStreams is off in 1.32.
  if (query['stream'] !== undefined) errors.push(forbiddenValue('stream', 'may not be specified'));
  return errors.length === 0 ? undefined : invalid({ group: '', kind: 'PodLogOptions' }, name, errors);
}

/** Nothing, in either notation, is no time (apis/meta/v1/time.go, `UnmarshalQueryParameter`). */
function sinceTimeError(text: string): string | undefined {
  return text === '' || text === 'null' || canonicalTime(text) !== undefined ? undefined : timeError(text, true);
}
