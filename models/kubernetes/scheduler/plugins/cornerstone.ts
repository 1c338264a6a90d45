/**
 * PrioritySort and DefaultBinder: plugins that exist by name, because configurations speak of them, while their work is
 * the queue's order and the binding cycle's request.
 *
 * Source: pkg/scheduler/framework/plugins/{queuesort,defaultbinder}.
 */
import type { Plugin } from '../framework/plugin.ts';

export const prioritySort = (): Plugin => ({ name: 'PrioritySort' });

export const defaultBinder = (): Plugin => ({ name: 'DefaultBinder' });
