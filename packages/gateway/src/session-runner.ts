import type { SessionEvent, UserMessage, UserMessageEvent } from "@mini-openclaw/protocol";
import { addUsage, beginRun, closeRun, nextRun, noUsage } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import { pullAgent, type RunnerParts, type RunRequest } from "./pull-agent.ts";

/**
 * The trip of one message: record it, pull the agent, record and then show each event, end with one `run_end`.
 *
 * Durable before visible: nobody sees an event that a crash could lose. The agent's generator stands still until its
 * last event is kept, so a tool starts only when its call is on disk. Rejects when the store cannot keep the message or
 * the end; the next opening of the log then ends the run.
 */
export async function runMessage(parts: RunnerParts, run: RunRequest): Promise<void> {
  const { log, runId, message, steering } = run;
  let progress = beginRun(runId);

  async function record(events: readonly SessionEvent[]): Promise<void> {
    const recorded = log.record(events);
    parts.publish(recorded instanceof Promise ? await recorded : recorded);
    for (const event of events) progress = nextRun(progress, event);
  }

  await record([{ type: "user_message", runId, id: createId(), timestamp: parts.now(), ...message }]);
  run.onAccepted();
  let ending = await pullAgent(parts, run, (event) => record([event]));
  // An agent that does not take what users say meanwhile is asked again: a run with steering pending is not completed.
  while (ending.outcome === "completed" && steering.waitingCount > 0) {
    await record(steering.take().map((said) => toUserMessageEvent(runId, said)));
    const again = await pullAgent(parts, run, async (event) => {
      if (event.type !== "run_start") await record([event]);
    });
    ending = { ...again, usage: addUsage(ending.usage ?? noUsage, again.usage ?? noUsage) };
  }
  const closing = closeRun(progress, { ...ending, timestamp: parts.now(), createId });
  const unread = steering.close().map((said) => toUserMessageEvent(runId, said));
  // After the results of the last turn, before the last words: so it is read by the run that comes next.
  const lastWords = closing.findIndex(({ type }) => type === "message_done" || type === "run_end");
  await record([...closing.slice(0, lastWords), ...unread, ...closing.slice(lastWords)]);
}

function toUserMessageEvent(runId: string, { role: _role, ...said }: UserMessage): UserMessageEvent {
  return { type: "user_message", runId, id: createId(), ...said };
}
