import { setTimeout as sleep } from "node:timers/promises";

/** The frames that wait for one client. A sender checks `isFull` first, and awaits `drained`. */
export interface Outbox {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  /** True when the client is gone. */
  readonly isClosed: boolean;
}

// 1 MiB of frames that a client has not read; measured: a reading client on loopback stays below 64
// KiB. Full, answers to its own frames wait, and its watch becomes a reader of the log.
const FULL_BYTES = 1_048_576;

// A client that is behind by a mebibyte does not notice. The WebSocket interface has no event for
// it.
const POLL_MS = 50;

/** Returns true if so much waits for the client that no more may be kept in memory. */
export function isFull({ bufferedAmount }: Outbox): boolean {
  return bufferedAmount >= FULL_BYTES;
}

/** Resolves when there is room, or when the client is gone. */
export async function drained(outbox: Outbox): Promise<void> {
  while (isFull(outbox) && !outbox.isClosed) await sleep(POLL_MS);
}
