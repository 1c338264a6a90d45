/**
 * What is particular about requests for custom resources before they are served.
 * Source: apiextensions-apiserver/pkg/apiserver/customresource_handler.go (`serveResource`).
 */
import type { Task } from '../../client/process.ts';
import { parseTime, virtualTime } from '../../object/time.ts';
import { conditionOf, isConditionTrue, type Definition } from '../crd/definition.ts';
import { compareVersions } from '../discovery/version-order.ts';
import { methodNotSupported, type Status } from '../status/status.ts';
import type { Call } from './request.ts';
import type { Services } from './services.ts';

/** Objects of a definition this young are created late, so that every server knows the definition then. */
const JUST_ESTABLISHED = 2_000_000;

/** A refusal, or undefined; warns of deprecated versions and lets creations of brand-new kinds wait. */
export function* admitCustom(services: Services, { request, version, info, warnings }: Call, definition: Definition): Task<Status | undefined> {
  const served = definition.spec.versions.find(({ name }) => name === version.version);
  if (served?.deprecated === true && request.subresource === undefined) warnings.push(served.deprecationWarning ?? deprecation(definition, version.version));
  if (request.verb !== 'create' || request.subresource !== undefined) return undefined;
  const established = conditionOf(definition, 'Established')?.lastTransitionTime;
  const since = established === undefined || parseTime(established) === undefined ? undefined : virtualTime(services.epoch, established);
  if (since !== undefined && services.process.now - since < JUST_ESTABLISHED) yield* services.process.sleep('crd.just-established', JUST_ESTABLISHED);
  if (!isConditionTrue(definition, 'Terminating')) return undefined;
  return { ...methodNotSupported(info, request.verb), message: `${request.verb} not allowed while custom resource definition is terminating` };
}

function deprecation({ spec }: Definition, version: string): string {
  const { group, names, versions } = spec;
  const text = `${group}/${version} ${names.kind} is deprecated`;
  const better = versions.filter(({ served, deprecated, name }) => served && deprecated !== true && compareVersions(name, version) < 0).map(({ name }) => name).sort(compareVersions)[0];
  return better === undefined ? text : `${text}; use ${group}/${better} ${names.kind}`;
}
