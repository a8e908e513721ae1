export type { WebChatHandler, WebChatOptions } from "./serve-web-chat.ts";
export { serveWebChat } from "./serve-web-chat.ts";
