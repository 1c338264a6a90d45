/**
 * Metrics that a scenario declares: values over time, for pods, other objects, or things outside of the cluster.
 *
 * A series is a list of points; a point's value holds from its time until the next one. With `isShared` the value is a load that all pods of the
 * selector carry together, so that scaling changes what each of them shows: a closed loop. Quantities are Kubernetes quantities.
 */
import { milliQuantityFrom, quantityMilliValue, quantityOf, type Quantity } from '../object/quantity.ts';
import { parseSelector, requirementMatches, selectorMatches, type Labels, type Selector } from '../object/selector.ts';
import { isLeft } from 'fp-ts/lib/Either.js';
import type { KubeObject } from '../object/types.ts';

export interface MetricSeries {
  /** What the values belong to; as the metric sources of a HorizontalPodAutoscaler are named. */
  readonly type: 'Resource' | 'Pods' | 'Object' | 'External';
  /** Of the metric; for `Resource`: `cpu` or `memory`. */
  readonly name: string;
  readonly namespace?: string;
  /** Which pods, for `Resource` and `Pods`, as text: `app=web`. Default all. */
  readonly selector?: string;
  /** For `Resource`: which container. Default the first. */
  readonly container?: string;
  /** For `Object`. */
  readonly object?: { readonly kind: string; readonly name: string };
  /** For `External` and `Object`: what metric selectors look at. */
  readonly labels?: Labels;
  /** The pods share the value; default false, each has it. */
  readonly isShared?: boolean;
  /** In the order of their times; seconds since the run's start. A value of null: no sample from then on. */
  readonly points: readonly { readonly seconds: number; readonly value: string | null }[];
}

/** The value at a time (µs), undefined before the first point and where there is none. */
export function valueAt({ points }: MetricSeries, now: number): Quantity | undefined {
  let found: string | null = null;
  for (const { seconds, value } of points) if (seconds * 1_000_000 <= now) found = value;
  return found === null ? undefined : quantityOf(found);
}

/** What each of `count` pods shows. */
export function perPod(series: MetricSeries, now: number, count: number): Quantity | undefined {
  const value = valueAt(series, now);
  if (value === undefined || series.isShared !== true || count === 0) return value;
  return milliQuantityFrom(Math.floor(quantityMilliValue(value) / count));
}

export function selectorOfText(text: string | undefined): Selector {
  const parsed = parseSelector(text ?? '');
  return isLeft(parsed) ? { selectable: false, requirements: [] } : parsed.right;
}

/** Whether the series speaks of the object. */
export function concerns(series: MetricSeries, { metadata }: KubeObject): boolean {
  if (series.namespace !== undefined && series.namespace !== metadata.namespace) return false;
  return selectorMatches(selectorOfText(series.selector), metadata.labels);
}

/** Whether a metric selector (as text) selects the series' own labels. */
export const isSelected = (series: MetricSeries, selector: string | undefined): boolean =>
  selectorOfText(selector).requirements.every((requirement) => requirementMatches(requirement, series.labels));

