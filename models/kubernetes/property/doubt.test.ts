import { describe, expect, it } from 'vitest';
import type { LogRecord, Message, Peer } from '../../../src/index.ts';
import { Doubt } from './doubt.ts';

const MANAGER: Peer = { id: 'kube-controller-manager', type: 'kube-controller-manager' };
const OWNER = 'uid-of-a-job';

const request = (id: number, verb: string, resource: string, body?: object): Message => ({ kind: 'api.request', id, verb, resource, body }) as unknown as Message;
const createPod = (id: number): Message => request(id, 'create', 'pods', { metadata: { ownerReferences: [{ kind: 'Job', uid: OWNER, controller: true }] } });
const answer = (id: number, code: number): Message => ({ kind: 'api.response', id, code }) as unknown as Message;
const record = (kind: string, more: Partial<LogRecord> = {}): LogRecord => ({ seq: 0, time: 0, via: 'message', actor: MANAGER.id, kind, cause: 0, choices: [], facts: [], digest: 0, ...more });

describe('doubt', () => {
  for (const [what, happens] of [
    ['a connection breaks', record('down', { via: 'input' })],
    ['time runs out', record('client.timeout', { via: 'timer' })],
    ['the process dies', record('crash', { via: 'control' })],
    ['it leads no more', record('timer', { facts: [{ kind: 'leader', data: { what: 'stopped leading' } }] })],
  ] as const) {
    // Base seed w of the campaigns, jobs: the answer had been sent, a delay kept it, and the connection broke.
    it(`begins when ${what} before the answer to a pod's creation has arrived, and not when it has`, () => {
      const open = new Doubt();
      open.sent(MANAGER, createPod(1));
      open.observe(happens);
      expect([open.concerns(OWNER), open.concerns('another')]).toEqual([true, false]);

      const answered = new Doubt();
      answered.sent(MANAGER, createPod(1));
      answered.arrived(MANAGER, answer(1, 201));
      answered.observe(happens);
      expect(answered.concerns(OWNER)).toBe(false);
    });
  }

  it('is about one owner when a pod is refused with 500, about all when a read is, and about none when another write is', () => {
    const [pod, read, write] = [new Doubt(), new Doubt(), new Doubt()];
    pod.sent(MANAGER, createPod(1));
    read.sent(MANAGER, request(1, 'list', 'pods'));
    write.sent(MANAGER, request(1, 'update', 'jobs', { metadata: {} }));
    for (const doubt of [pod, read, write]) doubt.arrived(MANAGER, answer(1, 500));
    expect([pod, read, write].map((doubt) => [doubt.concerns(OWNER), doubt.concerns('another')])).toEqual([[true, false], [true, true], [false, false]]);
  });
});
