import type { MetricAdder, Sample } from "../metrics/metric-kinds.ts";

/** How often the member was asked for its health, and what it said. */
export class HealthCounts {
  #successes = 0;
  #failures = 0;
  /** By "livez" or "readyz", and the check's name. */
  readonly #checks = new Map<
    string,
    { readonly labels: { type: string; name: string }; passed: number; failed: number; isWell: boolean }
  >();

  /** `/health` was asked for. */
  answered(isHealthy: boolean): void {
    if (isHealthy) this.#successes++;
    else this.#failures++;
  }

  /** One check of `/livez` or `/readyz` was made. */
  checked(type: string, name: string, isWell: boolean): void {
    const key = `${type}/${name}`;
    let check = this.#checks.get(key);
    if (check === undefined) this.#checks.set(key, (check = { labels: { type, name }, passed: 0, failed: 0, isWell }));
    check.isWell = isWell;
    if (isWell) check.passed++;
    else check.failed++;
  }

  addTo({ counter, counters, gauges }: MetricAdder): void {
    counter("etcd_server_health_success", "Answers of /health that were good.", () => this.#successes);
    counter("etcd_server_health_failures", "Answers of /health that were bad.", () => this.#failures);
    gauges("etcd_server_healthcheck", "Whether a check passed the last time: 1 or 0.", ["type", "name"], () =>
      [...this.#checks.values()].map(({ labels, isWell }): Sample => [isWell ? 1 : 0, labels]),
    );
    counters("etcd_server_healthchecks_total", "Checks made, by outcome.", ["type", "name", "status"], () =>
      [...this.#checks.values()].flatMap(({ labels, passed, failed }): Sample[] => [
        [passed, { ...labels, status: "success" }],
        [failed, { ...labels, status: "error" }],
      ]),
    );
  }
}
