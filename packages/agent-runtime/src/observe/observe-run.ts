import type { AgentInput, ModelProvider, RunEvent } from "@mini-openclaw/protocol";
import { runLoop } from "../run/run-loop.ts";
import type { RunSettings } from "../run/run-settings.ts";
import type { Watched, Watchers } from "./hook-dispatcher.ts";
import type { ModelCallReport, RunReport, WatchedRun } from "./hooks.ts";

/** A run, under the eyes of whoever wants to be told of it; the bare run loop where nobody does. */
export function watchRun(
  input: AgentInput,
  settings: RunSettings,
  watchers: Watchers,
): AsyncGenerator<RunEvent> {
  return watchers.areThere() ? watchedRun(input, settings, watchers) : runLoop(input, settings);
}

async function* watchedRun(
  input: AgentInput,
  settings: RunSettings,
  watchers: Watchers,
): AsyncGenerator<RunEvent> {
  const run: WatchedRun = { sessionId: input.sessionId, runId: input.runId };
  const watched = watchers.run(run);
  const report: RunReport = { outcome: "aborted" };
  const [first, ...others] = settings.providers;
  const events = runLoop(input, {
    ...settings,
    providers: [
      watchProvider(first, run, watchers),
      ...others.map((one) => watchProvider(one, run, watchers)),
    ],
    async aroundTool(call, work) {
      const tool = watchers.toolCall({ ...call, run });
      const result = await tool.around(work);
      tool.end(result);
      return result;
    },
  });
  try {
    for await (const event of stepsWithin(watched, () => events)) {
      if (event.type === "error") report.error = { code: event.code, message: event.message };
      if (event.type === "run_end") {
        const { outcome, usage, costUsd } = event;
        Object.assign(report, { outcome, usage, ...(costUsd !== undefined && { costUsd }) });
      }
      try {
        yield event;
      } finally {
        watchers.event(event, run);
      }
    }
  } finally {
    watched.end(report);
  }
}

function watchProvider(provider: ModelProvider, run: WatchedRun, watchers: Watchers): ModelProvider {
  const { model } = provider;
  return {
    model,
    async *stream(request, asking) {
      const { signal } = asking;
      // The run goes on adding to its messages; what was told must stay as it was.
      const asked = { ...request, messages: [...request.messages] };
      const watched = watchers.modelCall({ run, model, request: asked });
      const startedAt = performance.now();
      let firstEventMs: number | undefined;
      const end = (report: ModelCallReport) =>
        watched.end({ ...report, ...(firstEventMs !== undefined && { firstEventMs }) });
      // A provider that hangs does not come back from an abort.
      const stopped = () => end({ error: signal.reason });
      signal.addEventListener("abort", stopped, { once: true });
      try {
        for await (const event of stepsWithin(watched, () => provider.stream(request, asking))) {
          firstEventMs ??= performance.now() - startedAt;
          if (event.type === "turn") end({ turn: event });
          yield event;
        }
      } catch (error) {
        end({ error });
        throw error;
      } finally {
        signal.removeEventListener("abort", stopped);
        end({ error: new Error("The stream ended without a turn.") });
      }
    },
  };
}

/** What an iterable gives, with each of its steps made within what watches it. */
function stepsWithin<T>(watched: Watched<never>, open: () => AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const steps = watched.around(() => open()[Symbol.asyncIterator]());
      return {
        next: () => watched.around(() => steps.next()),
        async return() {
          await watched.around(() => steps.return?.());
          return { done: true, value: undefined };
        },
      };
    },
  };
}
