import type { SessionLog } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import { GatewayError } from "./errors.ts";
import { Lane, type LaneParts } from "./lane.ts";

/** A message that was accepted: it will end in exactly one `run_end` of this run. */
export interface Accepted {
  runId: string;
  /** Runs before it in its lane. */
  position: number;
}

/** Lets one run per session through at a time; sessions do not wait for each other. */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #maxQueuedMessages: number;
  readonly #lanes = new Map<string, Lane>();
  #draining = false;

  constructor(parts: LaneParts, { maxQueuedMessages }: { maxQueuedMessages: number }) {
    this.#parts = parts;
    this.#maxQueuedMessages = maxQueuedMessages;
  }

  /** Sessions that have a run now. */
  sessionIds(): Iterable<string> {
    return this.#lanes.keys();
  }

  /** The session's log, while it has a run. */
  log(sessionId: string): SessionLog | undefined {
    return this.#lanes.get(sessionId)?.log;
  }

  /** Runs that go on or wait. */
  runCount(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.length;
    return count;
  }

  /**
   * Puts a message into its session's lane and resolves when it is kept.
   *
   * @throws GatewayError `QUEUE_FULL`, `DRAINING`; whatever the store threw when it could not keep the message.
   */
  async submit(sessionId: string, message: { content: string; requestId?: string }): Promise<Accepted> {
    let lane = this.#lanes.get(sessionId);
    while (lane?.closing) {
      await lane.done;
      lane = this.#lanes.get(sessionId);
    }
    if (this.#draining) throw new GatewayError("DRAINING", "The gateway is stopping. Connect again.");
    if (lane && lane.length > this.#maxQueuedMessages) {
      throw new GatewayError(
        "QUEUE_FULL",
        `${this.#maxQueuedMessages} messages wait in this session already.`,
      );
    }
    const runId = createId();
    return new Promise((resolve, reject) => {
      const onAccepted = (position: number) => resolve({ runId, position });
      const job = { runId, message, onAccepted, onRefused: reject };
      if (lane) lane.push(job);
      else this.#open(sessionId, new Lane(sessionId, this.#parts, job));
    });
  }

  /**
   * Stops the session's run, or the one named. One that waits ends when its turn comes, without the agent.
   *
   * @throws GatewayError `RUN_NOT_FOUND`
   */
  abort(sessionId: string, runId?: string): void {
    if (this.#lanes.get(sessionId)?.abort(runId)) return;
    const missing = runId === undefined ? "no run" : "no run of that id";
    throw new GatewayError("RUN_NOT_FOUND", `The session has ${missing}, going on or waiting.`);
  }

  /** Takes no more messages, gives the runs `drainMs` to end, then interrupts them. Resolves when all have ended. */
  async close(drainMs: number): Promise<void> {
    this.#draining = true;
    const lanes = [...this.#lanes.values()];
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.interrupt();
    }, drainMs);
    await Promise.all(lanes.map(({ done }) => done));
    clearTimeout(timer);
  }

  #open(sessionId: string, lane: Lane): void {
    this.#lanes.set(sessionId, lane);
    void lane.done.then(() => this.#lanes.delete(sessionId));
  }
}
