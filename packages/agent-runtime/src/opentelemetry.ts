export type { OpenTelemetryOptions } from "./opentelemetry/create-hooks.ts";
export { createOpenTelemetryHooks } from "./opentelemetry/create-hooks.ts";
