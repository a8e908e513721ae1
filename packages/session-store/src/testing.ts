export type { SuiteFunctions } from "./conformance/suite.ts";
export { describeSessionStore } from "./conformance/suite.ts";
