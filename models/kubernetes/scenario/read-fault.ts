/**
 * The `faults` section of a scenario file: the engine's kinds and the cluster's, in one list.
 */
import type { Fault, FaultPlan, LinkPattern, Start } from '../../../src/fault/plan.ts';
import type { Json } from '../../../src/index.ts';
import { isEventName } from '../fault/event.ts';
import { FAULT_KINDS } from '../fault/vocabulary.ts';
import type { Section } from './section.ts';

const ON_LINKS = ['loss', 'duplicate', 'delay', 'reorder', 'partition'] as const;
const ON_ACTORS = ['crash', 'pause', 'slow', 'skew', 'jump'] as const;
const MILLION = 1_000_000;

export function readFaults(spec: Section): FaultPlan {
  const faults = spec.sections('faults').map(readFault);
  const healAt = spec.duration('healAt');
  const twice = faults.find(({ name }, index) => faults.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw spec.wrong(`two faults have the name "${twice.name}": each needs its own, because it draws from a stream of that name`, 'faults');
  return { faults, ...(healAt === undefined ? {} : { healAt }) };
}

export function readFault(section: Section, index: number): Fault {
  const kind = section.need('kind');
  const name = section.text('name') ?? `${kind}-${index + 1}`;
  const start = readStart(section);
  const own = FAULT_KINDS.find((known) => known.name === kind);
  let fault: Fault;
  if (own !== undefined) fault = readOwn(section, own, name, start);
  else if ((ON_LINKS as readonly string[]).includes(kind)) fault = readLink(section, kind as (typeof ON_LINKS)[number], name, start);
  else if ((ON_ACTORS as readonly string[]).includes(kind)) fault = readActor(section, kind as (typeof ON_ACTORS)[number], name, start);
  else throw section.wrong(`unknown fault "${kind}"; known are ${[...ON_LINKS, ...ON_ACTORS, ...FAULT_KINDS.map((known) => known.name)].join(', ')}`, 'kind');
  section.end();
  return fault;
}

function readStart(section: Section): Start {
  const at = section.duration('at');
  const when = section.section('when');
  if ((at === undefined) === (when === undefined)) throw section.wrong('a fault begins `at` a time or `when` something happens: exactly one of them');
  if (when === undefined) return { at: at as number };
  const event = when.need('event');
  if (!isEventName(event)) throw when.wrong(`unknown event "${event}"; events are kind.moment, such as pod.bound, pod.ready, node.ready, deployment.available, job.complete, or created, updated, deleted of any kind`, 'event');
  const [nth, after, where] = [when.number('nth', 1), when.duration('after'), when.value('where')];
  when.end();
  return { when: { fact: event, ...(nth === undefined ? {} : { nth }), ...(after === undefined ? {} : { after }), ...(where === undefined ? {} : { where: where as { readonly [field: string]: Json } }) } };
}

function readOwn(section: Section, { name: action, args, lasts }: (typeof FAULT_KINDS)[number], name: string, start: Start): Fault {
  const given = Object.keys(args).flatMap((key) => {
    const value = section.value(key);
    if (value === undefined) return [];
    const micros = ['lag', 'down'].includes(key) ? section.duration(key) : undefined;
    return [[key, (micros ?? value) as Json] as const];
  });
  const until = lasts ? section.duration('for') : undefined;
  if (!lasts && section.has('for')) throw section.wrong(`the fault ${action} is over at once: it has no \`for\``, 'for');
  return { name, kind: 'model', action, start, ...(given.length === 0 ? {} : { args: Object.fromEntries(given) }), ...(until === undefined ? {} : { for: until }) };
}

function readLink(section: Section, kind: (typeof ON_LINKS)[number], name: string, start: Start): Fault {
  const messages = section.value('messages');
  const both = section.value('both');
  const link: LinkPattern = {
    from: section.need('from'),
    to: section.need('to'),
    ...(both === true ? { both } : {}),
    ...(messages === undefined ? {} : { messages: (Array.isArray(messages) ? messages : [messages]) as string[] }),
  };
  const lasts = section.duration('for');
  if (lasts === undefined) throw section.wrong(`the fault ${kind} needs \`for\`: how long it lasts`);
  const stable = section.duration('stable');
  const base = { name, start, link, for: lasts, ...(stable === undefined ? {} : { stable }) };
  if (kind === 'partition') return { ...base, kind };
  const percent = section.value('percent') ?? 100;
  if (typeof percent !== 'number' || percent < 0 || percent > 100) throw section.wrong(`percent is a number from 0 to 100, not ${JSON.stringify(percent)}`, 'percent');
  const ppm = Math.round((percent * MILLION) / 100);
  if (kind === 'loss' || kind === 'duplicate') return { ...base, kind, ppm };
  const [min, max] = [section.duration('min') ?? 0, section.duration('max')];
  if (max === undefined || max < min) throw section.wrong(`the fault ${kind} needs \`max\`: the longest delay, at least \`min\``);
  return { ...base, kind, ppm, min, max };
}

function readActor(section: Section, kind: (typeof ON_ACTORS)[number], name: string, start: Start): Fault {
  const target = section.need('target');
  const each = section.value('each');
  const base = { name, start, target, ...(each === true ? { each } : {}) };
  const lasts = section.duration('for');
  const by = section.duration('by');
  if (kind === 'crash') return { ...base, kind, ...(lasts === undefined ? {} : { for: lasts }) };
  if (kind !== 'pause' && by === undefined) throw section.wrong(`the fault ${kind} needs \`by\`: how much`);
  if (kind === 'jump') return { ...base, kind, by: by as number };
  if (kind === 'skew') return { ...base, kind, by: by as number, ...(lasts === undefined ? {} : { for: lasts }) };
  if (lasts === undefined) throw section.wrong(`the fault ${kind} needs \`for\`: how long it lasts`);
  return kind === 'pause' ? { ...base, kind, for: lasts } : { ...base, kind, for: lasts, by: by as number };
}
