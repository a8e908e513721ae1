import type { MessageQueuedEvent, RunProgress, SessionEvent } from "@mini-openclaw/protocol";
import { beginRun, closeRun, nextRun, toSessionEvent } from "@mini-openclaw/protocol";

interface OpenRun {
  progress: RunProgress;
  started: boolean;
  /** Messages of the run that have no `user_message` yet. */
  queued: MessageQueuedEvent[];
}

/**
 * The runs that have not ended, with the messages that wait for them, in the order of their first
 * events.
 */
export class OpenRuns {
  readonly #runs = new Map<string, OpenRun>();

  get size(): number {
    return this.#runs.size;
  }

  clear(): void {
    this.#runs.clear();
  }

  /** Follows one more event of the session. */
  apply(event: SessionEvent): void {
    if (!("runId" in event)) return;
    if (event.type === "run_end") {
      this.#runs.delete(event.runId);
      return;
    }
    const run = this.#runs.get(event.runId) ?? {
      progress: beginRun(event.runId),
      started: false,
      queued: [],
    };
    this.#runs.set(event.runId, run);
    if (event.type === "message_queued") {
      run.queued.push(event);
      return;
    }
    run.progress = nextRun(run.progress, event);
    run.started ||= event.type === "run_start";
    if (event.type === "user_message") run.queued.shift();
  }

  /**
   * Returns the events that end every run after its writer died: missing results and partial answer
   * of an unfinished run, a user line for each message that waited, and one `run_end {interrupted}`
   * each.
   */
  closing(ending: { timestamp: number; createId: () => string }): SessionEvent[] {
    return [...this.#runs.values()].flatMap(({ progress, started, queued }) => {
      const closing = closeRun(progress, { outcome: "interrupted", ...ending }).map(toSessionEvent);
      // The last events of a run come after the messages that waited for it.
      const isLast = (event: SessionEvent) => event.type === "message_done" || event.type === "run_end";
      return [
        ...closing.filter((event) => !isLast(event)),
        ...queued.map((message) => toUserMessage(message, ending.createId())),
        ...closing.filter((event) => isLast(event) && (started || event.type === "run_end")),
      ];
    });
  }
}

function toUserMessage(message: MessageQueuedEvent, id: string): SessionEvent {
  const { type: _, ...fields } = message;
  return { ...fields, type: "user_message", id };
}
