export type { PostgresClusterOptions } from "./cluster/postgres-cluster.ts";
export { createPostgresCluster } from "./cluster/postgres-cluster.ts";
export type { CopyOptions, CopyResult } from "./copy/copy-sessions.ts";
export { copySessions } from "./copy/copy-sessions.ts";
export type { PostgresStoreOptions } from "./store/create-store.ts";
export { createPostgresStore } from "./store/create-store.ts";
export type { PostgresSpendOptions } from "./store/shared-spend.ts";
export { createPostgresSpend } from "./store/shared-spend.ts";
