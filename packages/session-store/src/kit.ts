export { createSummary } from "./format/new-session.ts";
export { groupLines, headerLine } from "./format/session-lines.ts";
export type { Summary } from "./format/summary.ts";
export { beginSummary, copyMeta, nextSummary, withEntries, withLastSeq } from "./format/summary.ts";
export type { LineMarks, TranscriptLine } from "./format/transcript-line.ts";
export {
  formatLine,
  lineText,
  parseTranscriptLine,
  parseTranscriptText,
  upgradeLegacyLine,
} from "./format/transcript-line.ts";
export type { CopiedLine } from "./listing/transcript-folder.ts";
export { TranscriptFolder } from "./listing/transcript-folder.ts";
export { blobsOf } from "./model/blobs-of.ts";
export {
  assertAppendOptions,
  assertBytes,
  assertDurability,
  assertEvents,
  assertExpected,
  assertOwner,
  assertTitle,
  check,
  checkOptions,
} from "./model/check-options.ts";
export { forkedEntries } from "./model/forked-entries.ts";
export { copyJson, toJson } from "./model/json.ts";
export { assertMessage, assertMessages, toMessageEntry } from "./model/message-entry.ts";
export { assertKey, assertSessionId, createId, createIdSource } from "./model/names.ts";
export { OpenRuns } from "./model/open-runs.ts";
export type { Matcher } from "./model/search.ts";
export { createMatcher } from "./model/search.ts";
export { archived, busy, logClosed, logIsOpen, notFound, storeClosed } from "./model/session-errors.ts";
export { assertLimit, cursorAfter, MAX_PAGE, parseCursor } from "./model/sessions-page.ts";
export { collectKeys } from "./recent/collect-keys.ts";
export { numberEvent, RecentEvents } from "./recent/recent-events.ts";
export { RecentMessages } from "./recent/recent-messages.ts";
export type { KeyedAppend } from "./recent/remembered-keys.ts";
export { digestMessages, RememberedKeys } from "./recent/remembered-keys.ts";
export { heard } from "./store/store-context.ts";
