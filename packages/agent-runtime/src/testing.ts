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
} from "./testing/scripted-provider.ts";
