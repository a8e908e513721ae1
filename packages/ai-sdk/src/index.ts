export type { UiMessagesOptions } from "./messages/to-ui-messages.ts";
export { toUiMessages } from "./messages/to-ui-messages.ts";
export type { AiSdkErrorCode } from "./shared/errors.ts";
export { AiSdkError } from "./shared/errors.ts";
export type { UiChunk } from "./shared/ui-chunk.ts";
export type { MessageMetadata, UiMessage } from "./shared/ui-message.ts";
export type { AiSdkDialectOptions } from "./socket/ai-sdk-dialect.ts";
export { aiSdkDialect } from "./socket/ai-sdk-dialect.ts";
