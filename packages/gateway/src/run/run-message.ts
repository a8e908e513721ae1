import type { RunEvent, UserMessage, UserMessageEvent } from "@mini-openclaw/protocol";
import { addUsage, beginRun, closeRun, nextRun, noUsage, toSessionEvent } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import { findRetriedRun } from "./load-messages.ts";
import { type Ending, pullAgent, type RunnerParts, type RunRequest } from "./pull-agent.ts";
import { recordAndShow } from "./record.ts";

/**
 * The trip of one message: record it, pull the agent, record and then show each event, end with one `run_end`.
 *
 * Durable before visible: nobody sees an event that a crash could lose. The agent's generator stands still until its
 * last event is kept, so a tool starts only when its call is on disk. Rejects when the store cannot keep the message or
 * the end; the next opening of the log then ends the run. A retry takes the same trip: in the place of a message its
 * `run_start` is recorded first.
 *
 * @throws GatewayError `RUN_NOT_FOUND` when what it is to retry is not the session's newest run
 */
export async function runMessage(parts: RunnerParts, run: RunRequest): Promise<void> {
  const { log, runId, steering } = run;
  let progress = beginRun(runId);

  /** Returns without a promise where the store keeps events at once: chunks are many. */
  function record(events: readonly RunEvent[], publish = parts.publish): Promise<void> | undefined {
    const recorded = recordAndShow(publish, log, events.map(toSessionEvent));
    const follow = () => {
      for (const event of events) {
        progress = nextRun(progress, event);
        steering.see(event);
      }
    };
    if (recorded instanceof Promise) return recorded.then(follow);
    follow();
    return undefined;
  }

  await record([await firstEvent(parts, run)], (kept) => {
    run.onAccepted();
    parts.publish(kept);
  });
  const { retryOf } = progress;
  let isBegun = retryOf !== undefined;

  /** A run begins once, however often the agent is asked; and the agent does not know whether it is a retry. */
  function recordStep(event: RunEvent): Promise<void> | undefined {
    if (event.type === "run_start" && isBegun) return undefined;
    isBegun ||= event.type === "run_start";
    const isAnswer = event.type === "assistant_message" && retryOf !== undefined;
    return record([isAnswer ? { ...event, retryOf } : event]);
  }

  async function ask(): Promise<Ending> {
    let ending = await pullAgent(parts, { ...run, retryOf, spentUsd: 0 }, recordStep);
    // An agent that does not take what users say meanwhile is asked again: a run with steering pending is not completed.
    while (ending.outcome === "completed" && steering.waitingCount > 0) {
      await record(steering.takeAll().map((said) => toUserMessageEvent(runId, said)));
      const { costUsd: spentUsd = 0 } = ending;
      const again = await pullAgent(parts, { ...run, retryOf, spentUsd }, recordStep);
      ending = addCosts(ending, again);
    }
    steering.close();
    return ending;
  }

  const ending = await parts.places.use(run.signal, ask);
  const closing = closeRun(progress, { ...ending, timestamp: parts.now(), createId });
  const unread = steering.takeAll().map((said) => toUserMessageEvent(runId, said));
  // After the results of the last turn, before the last words: so it is read by the run that comes next.
  const lastWords = closing.findIndex(({ type }) => type === "message_done" || type === "run_end");
  await record([...closing.slice(0, lastWords), ...unread, ...closing.slice(lastWords)]);
}

async function firstEvent(parts: RunnerParts, { log, runId, cause }: RunRequest): Promise<RunEvent> {
  const timestamp = parts.now();
  if ("content" in cause) return { type: "user_message", runId, id: createId(), timestamp, ...cause };
  const { requestId, retryOf: given } = cause;
  const retryOf = await findRetriedRun(parts.store, log.sessionId, given);
  const retryRequest = requestId === undefined ? {} : { retryRequest: { id: requestId, runId: given } };
  return { type: "run_start", runId, timestamp, retryOf, ...retryRequest };
}

/** The ending, with what was spent before it too; a sum with an unknown part is not known. */
function addCosts(before: Ending, { costUsd, ...ending }: Ending): Ending {
  const usage = addUsage(before.usage ?? noUsage, ending.usage ?? noUsage);
  if (before.costUsd === undefined || costUsd === undefined) return { ...ending, usage };
  return { ...ending, usage, costUsd: before.costUsd + costUsd };
}

function toUserMessageEvent(runId: string, { role: _role, ...said }: UserMessage): UserMessageEvent {
  return { type: "user_message", runId, id: createId(), ...said };
}
