/** Objects of kinds that a webhook converts: between the version of a request and the one that is stored. */
import type { Either } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { convert, convertAll } from '../crd/webhook-converter.ts';
import type { Status } from '../status/status.ts';
import type { Call } from './request.ts';

/** What was read, as the request's version has it. */
export const read = (call: Call, object: KubeObject): Task<Either<Status, KubeObject>> => convert(call.world, call.info, object, call.version.version);

export const readAll = (call: Call, objects: readonly KubeObject[]): Task<Either<Status, readonly KubeObject[]>> => convertAll(call.world, call.info, objects, call.version.version);

/** What is to be written, as the store has it. */
export const write = (call: Call, object: KubeObject): Task<Either<Status, KubeObject>> => convert(call.world, call.info, object, call.info.storageVersion);
