import type {
  RunEvent,
  SessionEvent,
  SessionLog,
  UserMessage,
  UserMessageEvent,
} from "@mini-openclaw/protocol";
import { addUsage, beginRun, closeRun, nextRun, noUsage, toSessionEvent } from "@mini-openclaw/protocol";
import { createId } from "../shared/create-id.ts";
import { findRetriedRun, requireEditable } from "./load-messages.ts";
import { type ActiveRun, type Ending, pullAgent, type RunDeps } from "./pull-agent.ts";
import { recordAndPublish } from "./record.ts";

/**
 * Runs one message: records it, pulls the agent, records and then emits each event, and ends with
 * one `run_end`. An answer that was added needs no agent.
 *
 * Durable before visible: nobody gets an event that a crash could lose. The agent's generator waits
 * until its last event is recorded, so a tool starts only when its call is on disk. A message that
 * need not wait for other runs is recorded with its `run_start`, in one write. A retry records its
 * `run_start` first, instead of a message. Rejects if the store cannot record the message or the
 * end. Then the next opening of the log ends the run.
 *
 * @throws GatewayError `RUN_NOT_FOUND` if the run to retry is not the session's newest run
 */
export async function runMessage(deps: RunDeps, log: SessionLog, run: ActiveRun): Promise<void> {
  const { runId, steering, cause } = run;
  const isAnswer = "content" in cause && cause.role !== undefined;
  // A message that comes now needs a run of its own.
  if (isAnswer) steering.close();
  let progress = beginRun(runId);
  let isStarted = false;

  /** Returns no promise if the store records at once, because chunks are many. */
  function record(events: readonly RunEvent[], publish = deps.publish): Promise<void> | undefined {
    const saved = events.length === 1 ? [toSessionEvent(events[0] as RunEvent)] : events.map(toSessionEvent);
    const recorded = recordAndPublish(publish, log, saved);
    if (recorded instanceof Promise) return recorded.then(() => follow(saved));
    follow(saved);
    return undefined;
  }

  function follow(saved: readonly SessionEvent[]): void {
    for (const event of saved) {
      progress = nextRun(progress, event);
      isStarted ||= event.type === "run_start";
      run.follow(event);
    }
  }

  await record(await firstEvents(deps, log, run), (saved) => {
    const [first] = saved;
    if (first) run.begin(first.event.seq);
    deps.publish(saved);
  });
  const { retryOf } = progress;

  /**
   * Records `run_start` only once, even if the agent is asked again, and marks the answers of a
   * retry.
   */
  function recordStep(event: RunEvent): Promise<void> | undefined {
    if (event.type === "run_start" && isStarted) return undefined;
    const isRetried = event.type === "assistant_message" && retryOf !== undefined;
    return record([isRetried ? { ...event, retryOf } : event]);
  }

  async function ask(): Promise<Ending> {
    let ending = await pullAgent(deps, { log, run, retryOf, spentUsd: 0 }, recordStep);
    // An agent that takes no steering is asked again: a run with messages left is not completed.
    while (ending.outcome === "completed" && steering.waitingCount > 0) {
      await record(steering.takeAll().map((message) => toUserMessageEvent(runId, message)));
      const { costUsd: spentUsd = 0 } = ending;
      const again = await pullAgent(deps, { log, run, retryOf, spentUsd }, recordStep);
      ending = addCosts(ending, again);
    }
    steering.close();
    return ending;
  }

  // The parent of a sub-agent holds a place, and would wait for ever if there were no second one.
  const ending: Ending = isAnswer
    ? { outcome: "completed" }
    : await (run.task ? ask() : deps.limiter.run(run.signal, ask));
  const closing = closeRun(progress, { ...ending, timestamp: deps.now(), createId });
  const unread = steering.takeAll().map((message) => toUserMessageEvent(runId, message));
  // Between the results of the last turn and the end: so the next run reads these messages.
  const end = closing.findIndex(({ type }) => type === "message_done" || type === "run_end");
  await record([...closing.slice(0, end), ...unread, ...closing.slice(end)]);
}

/** Returns the events that the acceptance of a run records. */
async function firstEvents(
  deps: RunDeps,
  log: SessionLog,
  { runId, cause, task, signal }: ActiveRun,
): Promise<RunEvent[]> {
  const timestamp = deps.now();
  const start = { type: "run_start", runId, timestamp } as const;
  if ("content" in cause) {
    const { role, editOf, ...message } = cause;
    const fields = { runId, id: createId(), timestamp, ...message };
    if (role) {
      const { requestId = runId } = cause;
      return [start, { type: "assistant_message", ...fields, requestId }];
    }
    if (editOf !== undefined) await requireEditable(deps.store, log.sessionId, editOf);
    const startsNow = !signal.aborted && (task !== undefined || deps.limiter.hasRoom);
    return [
      { type: "user_message", ...fields, ...(editOf !== undefined && { editOf }) },
      ...(startsNow ? [start] : []),
    ];
  }
  const { requestId, retryOf: given } = cause;
  const retryOf = await findRetriedRun(deps.store, log.sessionId, given);
  const retryRequest = requestId === undefined ? {} : { retryRequest: { id: requestId, runId: given } };
  return [{ ...start, retryOf, ...retryRequest }];
}

/** Adds the cost of an earlier attempt. A sum with an unknown part is unknown. */
function addCosts(before: Ending, { costUsd, ...ending }: Ending): Ending {
  const usage = addUsage(before.usage ?? noUsage, ending.usage ?? noUsage);
  if (before.costUsd === undefined || costUsd === undefined) return { ...ending, usage };
  return { ...ending, usage, costUsd: before.costUsd + costUsd };
}

function toUserMessageEvent(runId: string, { role: _role, ...message }: UserMessage): UserMessageEvent {
  return { type: "user_message", runId, id: createId(), ...message };
}
