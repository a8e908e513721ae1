import type { SessionMeta } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import type { Query } from "../connection/connection.ts";
import { reasonOf, remedyOf } from "../connection/pg-error.ts";
import type { Node } from "../node/node.ts";
import type { Names } from "../schema/names.ts";
import type { FindSession, OpenWriterOptions } from "../writer/open-writer.ts";
import type { WriterPool } from "../writer/writer-pool.ts";

/** The parts of a store that its methods use. */
export interface StoreContext {
  readonly names: Names;
  /** Runs statements that may run twice, on the app's pool. */
  readonly query: Query;
  /** Runs short statements. They do not wait for the reads of many clients. */
  readonly urgentQuery: Query;
  readonly findSession: FindSession;
  readonly findByKey: (key: string) => Promise<SessionMeta | undefined>;
  readonly node: Node;
  readonly writers: WriterPool;
  readonly opening: OpenWriterOptions;
  /** The sessions that are being restored. Callers at the same time get the same result. */
  readonly restoring: Map<string, Promise<SessionMeta>>;
  readonly onFailure: (error: unknown, during: string) => void;
}

/** Rejects with a `StoreError` where the database fails. */
export async function orStoreError<T>(
  during: "READ_FAILED" | "WRITE_FAILED",
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw toStoreError(error, during);
  }
}

/** Yields what a read of the database yields. Throws a `StoreError` where the database fails. */
export async function* eachOrStoreError<T>(
  items: AsyncIterable<T>,
  signal?: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* items;
  } catch (error) {
    // The reason of an abort is the caller's own.
    throw signal?.aborted ? error : toStoreError(error, "READ_FAILED");
  }
}

function toStoreError(error: unknown, code: "READ_FAILED" | "WRITE_FAILED"): unknown {
  if (StoreError.is(error) || !(error instanceof Error)) return error;
  const text = `The database failed: ${reasonOf(error).replace(/\.$/, "")}. ${remedyOf(error)}`;
  return new StoreError(code, text, { cause: error });
}
