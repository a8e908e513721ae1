import { channel } from "node:diagnostics_channel";
import type { RunEvent } from "@mini-openclaw/protocol";
import type {
  AgentHooks,
  ModelCall,
  ModelCallReport,
  RunReport,
  ToolCall,
  ToolCallReport,
  Watch,
  WatchedRun,
} from "./hooks.ts";

/** Something that goes on under the eyes of hooks and diagnostics channels. Whatever they do, it goes on. */
export interface Watched<Report> {
  around<T>(work: () => T): T;
  /** The first report counts. */
  end(report: Report): void;
}

/** Tells hooks and `diagnostics_channel` of runs. */
export interface Watchers {
  /** Whether anybody wants to be told. */
  areThere(): boolean;
  run(run: WatchedRun): Watched<RunReport>;
  modelCall(call: ModelCall): Watched<ModelCallReport>;
  toolCall(call: ToolCall): Watched<ToolCallReport>;
  event(event: RunEvent, run: WatchedRun): void;
}

/** Names are stable; the README says what is published under each. */
export function createWatchers(hooks: AgentHooks, onError: (error: unknown) => void): Watchers {
  const { onRun, onModelCall, onToolCall, onEvent } = hooks;
  const runs = channel("mini-openclaw:agent:run");
  const modelCalls = channel("mini-openclaw:agent:model-call");
  const toolCalls = channel("mini-openclaw:agent:tool-call");
  const events = channel("mini-openclaw:agent:event");
  const channels = [runs, modelCalls, toolCalls, events];
  const hasHooks = [onRun, onModelCall, onToolCall, onEvent].some(Boolean);
  const attempt = createAttempt(onError);

  function watch<Call, Report>(
    call: Call,
    hook: ((call: Call) => Watch<Report> | void) | undefined,
    published: typeof runs,
  ): Watched<Report> {
    if (published.hasSubscribers) published.publish({ phase: "start", call });
    const own = attempt(() => hook?.(call));
    let isOver = false;
    return {
      around: (work) => (own?.around ? passThrough(own, work, attempt) : work()),
      end(report) {
        if (isOver) return;
        isOver = true;
        attempt(() => own?.onEnd?.(report));
        if (published.hasSubscribers) published.publish({ phase: "end", call, report });
      },
    };
  }

  return {
    areThere: () => hasHooks || channels.some(({ hasSubscribers }) => hasSubscribers),
    run: (run) => watch(run, onRun, runs),
    modelCall: (call) => watch(call, onModelCall, modelCalls),
    toolCall: (call) => watch(call, onToolCall, toolCalls),
    event(event, run) {
      attempt(() => onEvent?.(event, run));
      if (events.hasSubscribers) events.publish({ event, run });
    },
  };
}

type Attempt = <T>(act: () => T) => T | undefined;

/** Calls code from elsewhere; what it throws, or rejects with, is told and gone. */
function createAttempt(onError: (error: unknown) => void): Attempt {
  return (act) => {
    try {
      const given = act();
      if (given instanceof Promise) given.catch(onError);
      return given;
    } catch (error) {
      onError(error);
      return undefined;
    }
  };
}

/** Calls `work` exactly once, and gives what it gives, whether `around` does as it should or not. */
function passThrough<T>(watch: Watch<never>, work: () => T, attempt: Attempt): T {
  let result: { value: T } | { error: unknown } | undefined;
  const once = (): T => {
    if (!result) {
      try {
        result = { value: work() };
      } catch (error) {
        result = { error };
      }
    }
    if ("error" in result) throw result.error;
    return result.value;
  };
  attempt(() => {
    try {
      const given: unknown = watch.around?.(once);
      // It rejects as what `work` gave does, which is dealt with by whoever gets that.
      if (given instanceof Promise) given.catch(() => {});
    } catch (error) {
      if (!(result && "error" in result && result.error === error)) throw error;
    }
  });
  return once();
}
