export type { DayCost, PageFact, PageSchedule, PageSettings } from "./page-settings.ts";
export type { WebChatHandler } from "./serve-web-chat.ts";
export { serveWebChat } from "./serve-web-chat.ts";
export type { WebChatOptions } from "./web-chat-options.ts";
