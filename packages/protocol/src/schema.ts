export type { Parsed, TranscriptLine } from "./schema/parse.ts";
export { checkLine, checkMessage, parseClientEvent, parseServerEvent } from "./schema/parse.ts";
