export type {
  AppendOptions,
  CreateSessionOptions,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  SearchHit,
  SearchSessionsOptions,
  SessionLog,
  SessionPage,
  SessionStore,
} from "@mini-openclaw/protocol";
export type { StoreErrorCode } from "./errors.ts";
export { StoreError, storeErrorCodes } from "./errors.ts";
export type { FolderLock } from "./folder-lock.ts";
export { lockFolder } from "./folder-lock.ts";
export { createMemoryStore } from "./memory-store.ts";
export type { SessionStoreOptions } from "./open-session-store.ts";
export { openSessionStore } from "./open-session-store.ts";
export type { Durability } from "./writer-options.ts";
