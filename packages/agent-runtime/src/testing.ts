export type { RecorderOptions } from "./testing/create-recorder.ts";
export { createRecorder } from "./testing/create-recorder.ts";
export type { Replayer, ReplayerOptions } from "./testing/create-replayer.ts";
export { createReplayer } from "./testing/create-replayer.ts";
export type { ProviderUnderTest, SuiteFunctions } from "./testing/describe-model-provider.ts";
export { describeModelProvider } from "./testing/describe-model-provider.ts";
export type { ScriptedProvider, ScriptOptions, ScriptPart, ScriptStep } from "./testing/scripted-provider.ts";
export {
  calls,
  callsBadly,
  createScriptedProvider,
  ends,
  fails,
  hangs,
  says,
  thinks,
  uses,
  writes,
} from "./testing/scripted-provider.ts";
