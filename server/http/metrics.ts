import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** The process's metrics: features make their own through it, `/metrics` prints them all. */
export type Metrics = {
  counter<Label extends string>(options: MetricOptions<Label>): Counter<Label>
  /** `buckets` in seconds, ascending. */
  histogram<Label extends string>(options: MetricOptions<Label> & { buckets?: number[] }): Histogram<Label>
  /** `collect` is called at each scrape. */
  gauge<Label extends string>(
    options: MetricOptions<Label> & { collect?: (gauge: Gauge<Label>) => unknown },
  ): Gauge<Label>
  /** All of it, in the text format that Prometheus reads. */
  text(): Promise<string>
  readonly contentType: string
}
/** A name is `berth_<what>_<unit>`; labels have few values, never an id. */
type MetricOptions<Label extends string> = { name: string; help: string; labels?: readonly Label[] }

/** A registry of its own, so that two servers in one process (tests) do not meet in it. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    counter: ({ labels = [], ...options }) => new Counter({ ...options, labelNames: labels, registers }),
    histogram: ({ labels = [], ...options }) => new Histogram({ ...options, labelNames: labels, registers }),
    gauge({ labels = [], collect, ...options }) {
      return new Gauge({
        ...options,
        labelNames: labels,
        registers,
        ...(collect && {
          async collect() {
            await collect(this)
          },
        }),
      })
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
