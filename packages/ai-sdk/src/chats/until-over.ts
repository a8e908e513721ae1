import type { DialectConnection } from "@mini-openclaw/gateway";
import type { NumberedEvent } from "@mini-openclaw/protocol";
import type { RunRef } from "./stream-run.ts";

/** Resolves when a run is over, or when its client is gone. Never rejects. */
export function untilOver(connection: DialectConnection, run: RunRef): Promise<void> {
  return new Promise((resolve) => {
    const done = new AbortController();
    const { signal } = done;
    signal.addEventListener("abort", () => resolve());
    connection.closed.addEventListener("abort", () => done.abort(), { signal });
    const onEvent = ({ type }: NumberedEvent) => {
      if (type === "run_end") done.abort();
    };
    void connection.perform({ type: "resume", ...run }, { onEvent, signal }).then((answer) => {
      if (answer?.type !== "resumed") done.abort();
    });
  });
}
