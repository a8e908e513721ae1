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
export type { FolderLock } from "./locks/folder-lock.ts";
export { lockFolder } from "./locks/folder-lock.ts";
export { createMemoryStore } from "./memory/memory-store.ts";
export type { StoreErrorCode } from "./model/errors.ts";
export { StoreError, storeErrorCodes } from "./model/errors.ts";
export type { SessionStoreOptions } from "./store/open-session-store.ts";
export { openSessionStore } from "./store/open-session-store.ts";
export type { Durability } from "./writer/writer-options.ts";
