export type { Metrics, MetricsOptions } from "./observe/create-metrics.ts";
export { createMetrics } from "./observe/create-metrics.ts";
