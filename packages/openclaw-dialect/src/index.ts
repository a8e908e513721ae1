export type { OpenClawOptions } from "./dialect.ts";
export { openClawDialect } from "./dialect.ts";
export type { ModelLabel } from "./methods/method.ts";
