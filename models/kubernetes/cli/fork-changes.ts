/**
 * What `kubetwin fork` can do differently from the position on: objects applied or deleted, components restarted with other flags,
 * faults, single choices. Each enters as an input, so the child's log replays by itself.
 */
import { parse as parseYaml } from 'yaml';
import { parseDuration } from '../../../src/cli/duration.ts';
import { CliError } from '../../../src/cli/exit.ts';
import type { Json, Kernel, Message } from '../../../src/index.ts';
import type { Control } from '../../../src/kernel/control.ts';
import type { KubectlCommand } from '../cluster/kubectl.ts';
import type { KubeObject } from '../object/types.ts';
import { kindIn } from '../explain/ask.ts';
import { keyOf, type StoreView } from '../explain/store-view.ts';
import { loadManifests } from './load.ts';

export interface ChangeOptions {
  readonly apply?: readonly string[];
  readonly delete?: readonly string[];
  readonly namespace?: string;
  readonly fault?: readonly string[];
  readonly restart?: readonly string[];
  readonly set?: readonly string[];
}

/** Something that happens to the child, `delay` µs after the position. */
export interface Change {
  readonly delay: number;
  enter(kernel: Kernel, at: number): void;
}

/** @throws CliError that says what is wrong with a change. */
export function changesOf(options: ChangeOptions, view: StoreView): Change[] {
  return [
    ...(options.apply === undefined ? [] : loadManifests(options.apply).map(({ object }) => user('apply', object))),
    ...(options.delete ?? []).map((text) => user('delete', objectNamed(view, text, options.namespace ?? 'default'))),
    ...(options.fault ?? []).flatMap(faultOf),
    ...restarts(options),
  ];
}

const user = (action: KubectlCommand['action'], object: KubeObject): Change => ({
  delay: 0,
  enter: (kernel, at) => kernel.input('kubectl', { kind: 'kubectl', action, object } as KubectlCommand as Message, at),
});

function objectNamed(view: StoreView, text: string, namespace: string): KubeObject {
  const [type = '', name = ''] = text.split('/');
  const info = kindIn(view, type);
  if (info === undefined || name === '') throw new CliError(`--delete takes TYPE/NAME, not "${text}"`);
  const object = view.objects.get(keyOf(info, namespace, name))?.object;
  if (object === undefined) throw new CliError(`there is no ${text} at the position of the fork`);
  return object;
}

const FAULTS = ['crash', 'restart', 'pause', 'resume', 'slow', 'skew'] as const;
/** What ends a fault that lasts. */
const ENDS: Readonly<Record<string, (actor: string) => Control>> = {
  crash: (actor) => ({ kind: 'restart', actor }),
  pause: (actor) => ({ kind: 'resume', actor }),
  slow: (actor) => ({ kind: 'slow', actor, by: 0 }),
  skew: (actor) => ({ kind: 'skew', actor, by: 0 }),
};

/** `crash kubelet/node-2`, `pause etcd at 5s for 10s`, `slow kube-apiserver by 200ms for 30s`. */
function faultOf(text: string): Change[] {
  const [, kind = '', actor = '', rest = ''] = /^(\S+)\s+(\S+)((?:\s+(?:at|for|by)\s+\S+)*)$/.exec(text.trim()) ?? [];
  if (!(FAULTS as readonly string[]).includes(kind)) throw new CliError(`a fault is ${FAULTS.join(', ')} and an actor, then if wanted "at DELAY", "for DURATION", "by DURATION" (crash kubelet/node-2 at 5s for 10s), not "${text}"`);
  const words = Object.fromEntries([...rest.matchAll(/(at|for|by)\s+(\S+)/g)].map(([, word = '', value = '']) => [word, durationOf(value, text)]));
  const { at = 0, for: lasting, by } = words;
  if ((kind === 'slow' || kind === 'skew') && by === undefined) throw new CliError(`${kind} needs "by DURATION": ${kind} ${actor} by 200ms`);
  const begin = { kind, actor, reason: 'fork', ...(by === undefined ? {} : { by }) } as Control;
  const end = ENDS[kind];
  return [control(begin, at), ...(lasting === undefined || end === undefined ? [] : [control(end(actor), at + lasting)])];
}

function durationOf(text: string, fault: string): number {
  const micros = parseDuration(text);
  if (micros === undefined) throw new CliError(`"${text}" in the fault "${fault}" is no duration such as 5s or 200ms`);
  return micros;
}

const control = (command: Control, delay: number): Change => ({
  delay,
  enter: (kernel, at) => {
    const known = kernel.actors().map(({ id }) => id);
    const actors = command.actor.endsWith('*') ? known.filter((id) => id.startsWith(command.actor.slice(0, -1))) : known.filter((id) => id === command.actor);
    if (actors.length === 0) throw new CliError(`there is no actor ${command.actor}; there are ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}`);
    for (const actor of actors) kernel.control({ ...command, actor }, at, true);
  },
});

/** `--restart kube-scheduler --set key=value`: the component comes back with other values of the configuration. */
function restarts({ restart, set }: ChangeOptions): Change[] {
  if (restart === undefined) return [];
  const changes = settings(set ?? []);
  return restart.flatMap((actor) => [control({ kind: 'crash', actor, reason: 'fork' }, 0), control({ kind: 'restart', actor, with: changes }, 0)]);
}

/** `timing=fast`, `schedulers=[{"name":"x"}]`, `scenario.faults.faults.0.for=0`: values are YAML, list items go by their number. */
export function settingOf(text: string): { readonly path: readonly string[]; readonly value: Json } {
  const [key = '', ...rest] = text.split('=');
  if (key === '' || rest.length === 0) throw new CliError(`--set takes KEY=VALUE, not "${text}"`);
  return { path: key.split('.'), value: parseYaml(rest.join('=')) as Json };
}

/** Settings as one object. */
function settings(texts: readonly string[]): { readonly [key: string]: Json } {
  const found: Record<string, Json> = {};
  for (const { path, value } of texts.map(settingOf)) {
    let into: Record<string, Json> = found;
    for (const part of path.slice(0, -1)) into = (into[part] ??= {}) as Record<string, Json>;
    into[path[path.length - 1] as string] = value;
  }
  return found;
}

/** Choices as `4711.0=3`. */
export function choicesOf(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    texts.map((text) => {
      const [, address = '', value = ''] = /^#?(\d+\.\d+)=(\d+)$/.exec(text) ?? [];
      if (address === '') throw new CliError(`--choice takes RECORD.INDEX=VALUE such as 4711.0=3, not "${text}"`);
      return [address, Number(value)];
    }),
  );
}

