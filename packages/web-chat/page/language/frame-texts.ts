import type { Notice } from "../dom/notice.ts";
import type { Theme } from "../dom/theme.ts";

/** A file format of exported sessions. */
export type ExportFormat = "markdown" | "jsonl";

/** The words of everything around the conversation, in one language. */
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
  drainingHint: string;
  refusedConnection: string;
  backAgain: string;
  answerBegun: string;
  answerDone: string;
}

export const englishFrame: FrameTexts = {
  skipToMessage: "Skip to the message box",
  closeSessions: "Close the list",
  search: "Search chats",
  searchHint: "Search",
  foundSessions: (count, hasMore) =>
    hasMore ? `More than ${count} chats found` : count === 1 ? "1 chat found" : `${count} chats found`,
  nothingFound: (text) => `Nothing found for “${text}”.`,
  noSessions: "No chats yet. Your first message begins one.",
  noArchived: "No chat is archived.",
  archived: "Archived",
  actionsFor: (title) => `Actions for ${title}`,
  rename: "Rename",
  newTitle: "New title",
  archive: "Archive",
  unarchive: "Take back from the archive",
  export: { markdown: "Export as Markdown", jsonl: "Export as JSONL" },
  remove: "Delete",
  notices: {
    deleted: (title) => `“${title}” is deleted.`,
    archived: (title) => `“${title}” is archived.`,
    unarchived: () => "The chat is back in the list.",
    forked: () => "This is a new chat, with what was said up to there.",
  },
  notDone: "That did not work.",
  undo: "Undo",
  lastWeek: "Last 7 days",
  theme: "Theme",
  themes: { light: "Light", dark: "Dark", system: "As on this device" },
  languageChoice: "Language",
  isArchived: "This chat is archived.",
  drainingHint: "The server is stopping. What you write now is sent when it is back.",
  refusedConnection: "The gateway closed the connection and does not want it again. Its log says why.",
  backAgain: "Back online. Nothing is missing.",
  answerBegun: "The answer begins.",
  answerDone: "The answer is complete.",
};

export const chineseFrame: FrameTexts = {
  skipToMessage: "跳到消息输入框",
  closeSessions: "关闭列表",
  search: "搜索对话",
  searchHint: "搜索",
  foundSessions: (count, hasMore) => (hasMore ? `找到 ${count} 个以上对话` : `找到 ${count} 个对话`),
  nothingFound: (text) => `没有找到“${text}”。`,
  noSessions: "还没有对话。发送第一条消息即可开始。",
  noArchived: "没有已归档的对话。",
  archived: "已归档",
  actionsFor: (title) => `“${title}”的操作`,
  rename: "重命名",
  newTitle: "新标题",
  archive: "归档",
  unarchive: "移出归档",
  export: { markdown: "导出为 Markdown", jsonl: "导出为 JSONL" },
  remove: "删除",
  notices: {
    deleted: (title) => `已删除“${title}”。`,
    archived: (title) => `已归档“${title}”。`,
    unarchived: () => "对话已回到列表中。",
    forked: () => "这是一个新对话，包含到该处为止的内容。",
  },
  notDone: "操作没有成功。",
  undo: "撤销",
  lastWeek: "最近 7 天",
  theme: "主题",
  themes: { light: "浅色", dark: "深色", system: "跟随系统" },
  languageChoice: "语言",
  isArchived: "此对话已归档。",
  drainingHint: "服务器正在停止。现在写的内容会在它恢复后发送。",
  refusedConnection: "网关关闭了连接，并且不接受重新连接。原因见其日志。",
  backAgain: "已恢复连接，内容完整。",
  answerBegun: "开始回答。",
  answerDone: "回答完成。",
};
