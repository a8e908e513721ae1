export type { Parsed, TranscriptLine } from "./schema/parse.ts";
export {
  checkClientEvent,
  checkLine,
  checkMessage,
  parseClientEvent,
  parseServerEvent,
} from "./schema/parse.ts";
