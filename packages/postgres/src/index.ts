export type { PostgresStoreOptions } from "./store/create-store.ts";
export { createPostgresStore } from "./store/create-store.ts";
