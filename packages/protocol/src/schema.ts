export type { Parsed, TranscriptLine } from "./schema/parse.ts";
export {
  checkClientEvent,
  checkLine,
  checkMessage,
  copyEvent,
  copyMessage,
  parseClientEvent,
  parseServerEvent,
} from "./schema/parse.ts";
