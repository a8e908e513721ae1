export type { DayCost, PageFact, PageSettings } from "./page-settings.ts";
export type { WebChatHandler } from "./serve-web-chat.ts";
export { serveWebChat } from "./serve-web-chat.ts";
export type { WebChatOptions } from "./web-chat-options.ts";
