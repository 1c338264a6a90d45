/**
 * Metrics of a HorizontalPodAutoscaler in the shape that autoscaling/v1 gives them in annotations, and back.
 *
 * Source: pkg/apis/autoscaling/v1/conversion.go; the order of fields is that of the structs, as it shows in the text.
 */

/** A JSON object whose members are looked at one by one. */
export type Members = Readonly<Record<string, any>>;

/** An object of the members that are there, in this order. */
const some = (members: Members): Members => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const identifier = (name: string, selector: unknown): Members => some({ name, selector });

/** What converts one kind of metric: the source in the spec, and the value in the status. */
interface MetricKind {
  readonly member: string;
  readonly specToV1: (source: Members) => Members;
  readonly specFromV1: (source: Members) => Members;
  readonly statusToV1: (value: Members) => Members;
  readonly statusFromV1: (value: Members) => Members;
}

const resource = (member: string, container: (metric: Members) => Members): MetricKind => ({
  member,
  specToV1: (source) => some({ name: source['name'], targetAverageUtilization: source['target']?.averageUtilization, targetAverageValue: source['target']?.averageValue, ...container(source) }),
  specFromV1: ({ name, targetAverageUtilization: averageUtilization, targetAverageValue: averageValue, ...rest }) =>
    some({ name, target: some({ type: averageUtilization === undefined ? 'AverageValue' : 'Utilization', averageValue, averageUtilization }), ...container(rest) }),
  statusToV1: (value) => some({ name: value['name'], currentAverageUtilization: value['current']?.averageUtilization, currentAverageValue: value['current']?.averageValue ?? '0', ...container(value) }),
  statusFromV1: ({ name, currentAverageUtilization: averageUtilization, currentAverageValue: averageValue = '0', ...rest }) => some({ name, current: some({ averageValue, averageUtilization }), ...container(rest) }),
});

/** In the order in which a metric's members stand. */
const KINDS: Readonly<Record<string, MetricKind>> = {
  Object: {
    member: 'object',
    specToV1: ({ describedObject, target, metric }) => some({ target: describedObject, metricName: metric.name, targetValue: target.value ?? '0', selector: metric.selector, averageValue: target.averageValue }),
    specFromV1: ({ target, metricName, targetValue = '0', selector, averageValue }) =>
      some({ describedObject: target, target: some({ type: averageValue === undefined ? 'Value' : 'AverageValue', value: targetValue, averageValue }), metric: identifier(metricName, selector) }),
    statusToV1: ({ describedObject, current, metric }) => some({ target: describedObject, metricName: metric.name, currentValue: current.value ?? '0', selector: metric.selector, averageValue: current.averageValue }),
    statusFromV1: ({ target, metricName, currentValue = '0', selector, averageValue }) => some({ metric: identifier(metricName, selector), current: some({ value: currentValue, averageValue }), describedObject: target }),
  },
  Pods: {
    member: 'pods',
    specToV1: ({ target, metric }) => some({ metricName: metric.name, targetAverageValue: target.averageValue ?? '0', selector: metric.selector }),
    specFromV1: ({ metricName, targetAverageValue = '0', selector }) => ({ metric: identifier(metricName, selector), target: { type: 'AverageValue', averageValue: targetAverageValue } }),
    statusToV1: ({ current, metric }) => some({ metricName: metric.name, currentAverageValue: current.averageValue ?? '0', selector: metric.selector }),
    statusFromV1: ({ metricName, currentAverageValue = '0', selector }) => ({ metric: identifier(metricName, selector), current: { averageValue: currentAverageValue } }),
  },
  Resource: resource('resource', () => ({})),
  ContainerResource: resource('containerResource', ({ container }) => ({ container })),
  External: {
    member: 'external',
    specToV1: ({ target, metric }) => some({ metricName: metric.name, metricSelector: metric.selector, targetValue: target.value, targetAverageValue: target.averageValue }),
    specFromV1: ({ metricName, metricSelector, targetValue: value, targetAverageValue: averageValue }) =>
      ({ metric: identifier(metricName, metricSelector), target: some({ type: value === undefined ? 'AverageValue' : 'Value', value, averageValue }) }),
    statusToV1: ({ current, metric }) => some({ metricName: metric.name, metricSelector: metric.selector, currentValue: current.value ?? '0', currentAverageValue: current.averageValue }),
    statusFromV1: ({ metricName, metricSelector, currentValue: value = '0', currentAverageValue: averageValue }) => ({ metric: identifier(metricName, metricSelector), current: some({ value, averageValue }) }),
  },
};

function converted(metric: Members, convert: (kind: MetricKind) => (part: Members) => Members): Members {
  const { type } = metric as { readonly type: string };
  const kind = KINDS[type];
  const part = kind === undefined ? undefined : (metric[kind.member] as Members | undefined);
  return kind === undefined || part === undefined ? { type } : { type, [kind.member]: convert(kind)(part) };
}

export const specToV1 = (metric: Members): Members => converted(metric, (kind) => kind.specToV1);
export const specFromV1 = (metric: Members): Members => converted(metric, (kind) => kind.specFromV1);
export const statusToV1 = (metric: Members): Members => converted(metric, (kind) => kind.statusToV1);
export const statusFromV1 = (metric: Members): Members => converted(metric, (kind) => kind.statusFromV1);
