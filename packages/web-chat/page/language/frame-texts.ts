import type { Notice } from "../dom/notice.ts";
import type { Theme } from "../dom/theme.ts";

/** A file format of exported sessions. */
export type ExportFormat = "markdown" | "jsonl";

/** The texts of everything around the conversation, in one language. */
export interface FrameTexts {
  skipToMessage: string;
  closeSessions: string;
  search: string;
  searchHint: string;
  /** Announced when the results are there. `hasMore`: more sessions match than are loaded. */
  foundSessions: (count: number, hasMore: boolean) => string;
  nothingFound: (text: string) => string;
  noSessions: string;
  noArchived: string;
  archived: string;
  actionsFor: (title: string) => string;
  rename: string;
  newTitle: string;
  archive: string;
  unarchive: string;
  export: Record<ExportFormat, string>;
  remove: string;
  notices: Record<Exclude<Notice["kind"], "failed">, (title: string) => string>;
  notDone: string;
  undo: string;
  lastWeek: string;
  theme: string;
  themes: Record<Theme, string>;
  languageChoice: string;
  isArchived: string;
  /** The heading of the states of the app's parts. */
  parts: string;
  partStates: Record<"ok" | "starting" | "failed", string>;
  isTask: string;
  backToParent: string;
  copyId: string;
  drainingHint: string;
  refusedConnection: string;
  backAgain: string;
  answerBegun: string;
  answerDone: string;
  close: string;
  /** The texts of the dialog with the app's settings and knowledge. */
  settings: string;
  loading: string;
  settingsFailed: string;
  settingsSaved: string;
  noSettings: string;
  thisChat: string;
  model: string;
  effort: string;
  defaultModel: (name: string) => string;
  defaultEffort: string;
  costs: string;
  costSum: (money: string) => string;
  memory: string;
  skills: string;
  tools: string;
  keysTitle: string;
  /** All keys with their actions. Keys of one line are separated by spaces. */
  keysList: readonly (readonly [keys: string, action: string])[];
}
