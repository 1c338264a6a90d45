/**
 * Connections that break: what is open on them fails at once, and nobody knows whether a request that was under way had its effect.
 */
import type { Kernel, Message } from '../../../src/index.ts';

/** Tells an actor something that follows from the plan; a replay makes it again from the plan. */
export function tell(kernel: Kernel, actor: string, message: Message): void {
  if (kernel.isUp(actor)) kernel.input(actor, message, kernel.now, false);
}

/** Tells a node's runtime and machine what happens to them (`api/node-operation.ts`). */
export function operate(kernel: Kernel, runtime: string, operation: object): void {
  tell(kernel, runtime, { kind: 'node.operation', ...operation } as unknown as Message);
}

/** `client`'s connection to `server` breaks, and stays broken until the function is called that is returned. */
export function disconnect(kernel: Kernel, client: string, server: string): () => void {
  tell(kernel, client, { kind: 'down', actor: server } as Message);
  return () => {
    if (kernel.isUp(server)) tell(kernel, client, { kind: 'up', actor: server } as Message);
  };
}

/** A reset: broken, and at once possible again. */
export function reset(kernel: Kernel, client: string, server: string): void {
  disconnect(kernel, client, server)();
}
