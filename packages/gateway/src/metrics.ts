export type { Metrics, MetricsOptions } from "./server/create-metrics.ts";
export { createMetrics } from "./server/create-metrics.ts";
