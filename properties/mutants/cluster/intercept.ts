/**
 * A component that hears or says something else: its messages pass through an interceptor, its code is untouched.
 */
import type { ActorSpec, Behavior, Context, Message } from '../../../src/index.ts';

/** What happens to messages; one for each life of the component. Undefined swallows a message. */
export interface Interceptor {
  receive?(message: Message, context: Context): Message | undefined;
  send?(to: string, message: Message): Message | undefined;
}

/** Wraps a component. */
export function intercept(spec: ActorSpec, make: () => Interceptor): ActorSpec {
  const inner = spec.behavior as Behavior<{ state: unknown }>;
  const lives = new WeakMap<object, { readonly interceptor: Interceptor; readonly context: Context }>();
  const behavior: Behavior<object> = {
    start(context, durable) {
      const interceptor = make();
      const send = (to: string, message: Message): void => {
        const sent = interceptor.send === undefined ? message : interceptor.send(to, message);
        if (sent !== undefined) context.send(to, sent);
      };
      const seen = Object.create(context, { send: { value: send } }) as Context;
      const state = (inner as Behavior<object>).start(seen, durable);
      lives.set(state, { interceptor, context: seen });
      return state;
    },
    step(state, message, context) {
      const life = lives.get(state);
      if (life === undefined) return;
      const heard = life.interceptor.receive === undefined ? message : life.interceptor.receive(message, context);
      if (heard !== undefined) (inner as Behavior<object>).step(state, heard, life.context);
    },
    ...(inner.durable === undefined ? {} : { durable: (state: object) => (inner as Behavior<object>).durable?.(state) }),
  };
  return { ...spec, behavior };
}
