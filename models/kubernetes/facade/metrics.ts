/**
 * `/metrics`: what the facade counted, in Prometheus' text format.
 */
export class Metrics {
  openWatches = 0;
  private readonly requests = new Map<string, number>();

  /** Counts one finished request. */
  count(verb: string, resource: string, code: number): void {
    const key = `code="${code}",resource="${resource.replaceAll(/[^a-z0-9.-]/g, '')}",verb="${verb.toUpperCase()}"`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
  }

  /** The whole page. */
  text(virtualSeconds: number): string {
    const lines = [
      '# HELP apiserver_request_total [STABLE] Counter of apiserver requests by verb, resource and code.',
      '# TYPE apiserver_request_total counter',
      ...[...this.requests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `apiserver_request_total{${key}} ${value}`),
      '# HELP apiserver_longrunning_requests [STABLE] Gauge of open watches.',
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests{verb="WATCH"} ${this.openWatches}`,
      '# HELP kubetwin_virtual_seconds Virtual time since the start of the simulation.',
      '# TYPE kubetwin_virtual_seconds gauge',
      `kubetwin_virtual_seconds ${virtualSeconds}`,
    ];
    return `${lines.join('\n')}\n`;
  }
}
