import type { AgentInput, ModelProvider, RunEvent } from "@mini-openclaw/protocol";
import { runLoop } from "../run/run-loop.ts";
import type { RunSettings } from "../run/run-settings.ts";
import { checkModelEvent, openStream } from "../shared/check-model-event.ts";
import type { ActiveSpan, HookDispatcher } from "./hook-dispatcher.ts";
import type { ModelCallReport, RunRef, RunReport } from "./hooks.ts";

/** A run with its hooks called, or the bare run loop where there are none. */
export function observeRun(
  input: AgentInput,
  settings: RunSettings,
  hooks: HookDispatcher,
): AsyncIterableIterator<RunEvent, void, void> {
  return hooks.isActive ? runWithHooks(input, settings, hooks) : runLoop(input, settings);
}

async function* runWithHooks(
  input: AgentInput,
  settings: RunSettings,
  hooks: HookDispatcher,
): AsyncGenerator<RunEvent> {
  const run: RunRef = { sessionId: input.sessionId, runId: input.runId };
  const span = hooks.startRun(run);
  const report: RunReport = { outcome: "aborted" };
  const [first, ...others] = settings.providers;
  const events = runLoop(input, {
    ...settings,
    providers: [observeProvider(first, run, hooks), ...others.map((one) => observeProvider(one, run, hooks))],
    async aroundTool(call, work) {
      const tool = hooks.startToolCall({ ...call, run });
      const result = await tool.run(work);
      tool.end(result);
      return result;
    },
  });
  try {
    for await (const event of wrapIterable(span, () => events[Symbol.asyncIterator]())) {
      if (event.type === "error") report.error = { code: event.code, message: event.message };
      if (event.type === "run_end") {
        const { outcome, usage, costUsd } = event;
        Object.assign(report, { outcome, usage, ...(costUsd !== undefined && { costUsd }) });
      }
      try {
        yield event;
      } finally {
        hooks.emit(event, run);
      }
    }
  } finally {
    span.end(report);
  }
}

function observeProvider(provider: ModelProvider, run: RunRef, hooks: HookDispatcher): ModelProvider {
  const { model } = provider;
  return {
    model,
    async *stream(request, options) {
      const { signal } = options;
      // The run adds to its messages later. A hook's request must stay as it was.
      const asked = { ...request, messages: [...request.messages] };
      const span = hooks.startModelCall({ run, model, request: asked });
      const startedAt = performance.now();
      let firstEventMs: number | undefined;
      const end = (report: ModelCallReport) =>
        span.end({ ...report, ...(firstEventMs !== undefined && { firstEventMs }) });
      // A provider that hangs does not come back from an abort.
      const stopped = () => end({ error: signal.reason });
      signal.addEventListener("abort", stopped, { once: true });
      try {
        for await (const event of wrapIterable(span, () => openStream(provider, request, options))) {
          checkModelEvent(event, model);
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

/** Returns an iterable each of whose steps runs within a span. */
function wrapIterable<T>(span: ActiveSpan<never>, open: () => AsyncIterator<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const steps = span.run(open);
      return {
        next: () => span.run(() => steps.next()),
        async return() {
          await span.run(() => steps.return?.());
          return { done: true, value: undefined };
        },
      };
    },
  };
}
