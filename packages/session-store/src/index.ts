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
export type { FolderLock } from "./files/writer-lock.ts";
export { lockFolder } from "./files/writer-lock.ts";
export type { StoreErrorCode } from "./model/errors.ts";
export { StoreError, storeErrorCodes } from "./model/errors.ts";
export { createMemoryStore } from "./store/memory-store.ts";
export type { SessionStoreOptions } from "./store/open-session-store.ts";
export { openSessionStore } from "./store/open-session-store.ts";
export type { Durability } from "./writer/writer-options.ts";
