import type { DurationHistogram } from "@quorate/host";
import { Counter, Gauge, type MetricObjectWithValues, type MetricValueWithName, type Registry } from "prom-client";

export type Labels = Readonly<Record<string, string | number>>;

/** One value with its labels. */
export type Sample = readonly [value: number, labels?: Labels];

type AddOne = (name: string, help: string, value: () => number) => void;
type AddMany = (name: string, help: string, labelNames: readonly string[], samples: () => Iterable<Sample>) => void;

/** Adds metrics to a registry whose values are read when somebody looks: what is counted anyway is not counted twice. */
export interface MetricAdder {
  readonly gauge: AddOne;
  readonly counter: AddOne;
  /** One or more series of a name. */
  readonly gauges: AddMany;
  readonly counters: AddMany;
  /** In seconds. */
  readonly histograms: (
    name: string,
    help: string,
    labelNames: readonly string[],
    series: () => Iterable<readonly [DurationHistogram, Labels]>,
  ) => void;
}

export function metricAdder(registry: Registry): MetricAdder {
  const registers = [registry];
  const gauges: MetricAdder["gauges"] = (name, help, labelNames, samples) => {
    const own: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect: () => {
        own.reset();
        for (const [value, labels = {}] of samples()) own.set({ ...labels }, value);
      },
    });
  };
  const counters: MetricAdder["counters"] = (name, help, labelNames, samples) => {
    const own: Counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect: () => {
        own.reset();
        for (const [value, labels = {}] of samples()) own.inc({ ...labels }, value);
      },
    });
  };
  return {
    gauges,
    counters,
    gauge: (name, help, value) => gauges(name, help, [], () => [[value()]]),
    counter: (name, help, value) => counters(name, help, [], () => [[value()]]),
    histograms: (name, help, labelNames, series) => {
      const own = new MeasuredHistogram({ name, help, labelNames: [...labelNames], registers });
      own.series = series;
    },
  };
}

/** What goes behind "# TYPE": the library declares it as a member of an enum that it does not have when it runs. */
const histogramType = "histogram" as unknown as MetricObjectWithValues<MetricValueWithName<string>>["type"];

/**
 * A histogram that was measured elsewhere. The library's own observes by itself, and writes what it has observed; what a gauge
 * gives is written as it is.
 */
class MeasuredHistogram extends Gauge {
  series: () => Iterable<readonly [DurationHistogram, Labels]> = () => [];

  override async get(): Promise<MetricObjectWithValues<MetricValueWithName<string>>> {
    const described = await super.get();
    const { name } = described;
    const values: MetricValueWithName<string>[] = [];
    const add = (suffix: string, labels: Labels, value: number): void =>
      void values.push({ metricName: `${name}_${suffix}`, labels: { ...labels }, value });
    for (const [measured, labels] of this.series()) {
      let below = 0;
      for (const [index, bound] of measured.boundsMs.entries()) {
        below += measured.counts[index] as number;
        add("bucket", { ...labels, le: bound / 1000 }, below);
      }
      add("bucket", { ...labels, le: "+Inf" }, measured.count);
      add("sum", labels, measured.sumMs / 1000);
      add("count", labels, measured.count);
    }
    return { ...described, type: histogramType, values };
  }
}
