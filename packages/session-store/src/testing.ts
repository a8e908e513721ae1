export type { SuiteFunctions } from "./testing/suite.ts";
export { describeSessionStore } from "./testing/suite.ts";
