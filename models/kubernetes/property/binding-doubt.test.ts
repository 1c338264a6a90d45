import { describe, expect, it } from 'vitest';
import type { LogRecord, Message, Peer } from '../../../src/index.ts';
import { BindingDoubt } from './binding-doubt.ts';

const SCHEDULER: Peer = { id: 'kube-scheduler', type: 'kube-scheduler' };
const bind = (id: number): Message => ({ kind: 'api.request', id, verb: 'create', resource: 'pods', subresource: 'binding' }) as unknown as Message;
const answer = (id: number, code: number): Message => ({ kind: 'api.response', id, code }) as unknown as Message;
const down = (actor: string): LogRecord => ({ seq: 0, time: 0, via: 'input', actor, kind: 'down', cause: 0, choices: [], facts: [], digest: 0 });

describe('doubt about a binding', () => {
  // Base seed y of the campaign, run 305: a binding's answer was lost with its API server, and the room was given away a second time.
  it('begins when a connection breaks before the answer has come, and not when it has', () => {
    const [open, answered, another] = [new BindingDoubt(), new BindingDoubt(), new BindingDoubt()];
    for (const doubt of [open, answered, another]) doubt.sent(SCHEDULER, bind(1));
    answered.arrived(SCHEDULER, answer(1, 201));
    for (const doubt of [open, answered]) doubt.observe(down(SCHEDULER.id));
    another.observe(down('kubelet/node-1'));
    expect([open, answered, another].map(({ isRaised }) => isRaised)).toEqual([true, false, false]);
  });

  it('begins when the server fails, and not when it refuses', () => {
    const [failed, refused] = [new BindingDoubt(), new BindingDoubt()];
    for (const doubt of [failed, refused]) doubt.sent(SCHEDULER, bind(1));
    failed.arrived(SCHEDULER, answer(1, 500));
    refused.arrived(SCHEDULER, answer(1, 409));
    expect([failed.isRaised, refused.isRaised]).toEqual([true, false]);
  });
});
