import { type Channel, channel } from "node:diagnostics_channel";
import type { RunEvent } from "@mini-openclaw/protocol";
import { callSafely, swallowRejection } from "../shared/errors.ts";
import type {
  AgentHooks,
  HookSpan,
  ModelCall,
  ModelCallReport,
  RunRef,
  RunReport,
  ToolCall,
  ToolCallReport,
} from "./hooks.ts";

/**
 * A span that was started for hooks and diagnostics channels. Nothing that they do stops the work.
 */
export interface ActiveSpan<Report> {
  /** Runs a piece of the work, exactly once, in the hook's context. */
  run<T>(work: () => T): T;
  /** Ends the span. The first report counts. */
  end(report: Report): void;
}

/**
 * Calls hooks, and publishes to `diagnostics_channel`. Channel names are stable. The README names
 * what is published.
 */
export class HookDispatcher {
  readonly #hooks: AgentHooks;
  readonly #onError: (error: unknown) => void;
  readonly #runs = channel("mini-openclaw:agent:run");
  readonly #modelCalls = channel("mini-openclaw:agent:model-call");
  readonly #toolCalls = channel("mini-openclaw:agent:tool-call");
  readonly #events = channel("mini-openclaw:agent:event");

  constructor(hooks: AgentHooks, onError: (error: unknown) => void) {
    const { onRun, onModelCall, onToolCall, onEvent } = hooks;
    this.#hooks = Object.fromEntries(
      Object.entries({ onRun, onModelCall, onToolCall, onEvent }).filter(([, hook]) => hook),
    );
    this.#onError = onError;
  }

  /** True if there is a hook or a subscriber. */
  get isActive(): boolean {
    const channels = [this.#runs, this.#modelCalls, this.#toolCalls, this.#events];
    return Object.keys(this.#hooks).length > 0 || channels.some(({ hasSubscribers }) => hasSubscribers);
  }

  startRun(run: RunRef): ActiveSpan<RunReport> {
    return this.#start(run, this.#hooks.onRun, this.#runs);
  }

  startModelCall(call: ModelCall): ActiveSpan<ModelCallReport> {
    return this.#start(call, this.#hooks.onModelCall, this.#modelCalls);
  }

  startToolCall(call: ToolCall): ActiveSpan<ToolCallReport> {
    return this.#start(call, this.#hooks.onToolCall, this.#toolCalls);
  }

  emit(event: RunEvent, run: RunRef): void {
    this.#safely(() => this.#hooks.onEvent?.(event, run));
    if (this.#events.hasSubscribers) this.#events.publish({ event, run });
  }

  #start<Call, Report>(
    call: Call,
    hook: ((call: Call) => HookSpan<Report> | void) | undefined,
    published: Channel,
  ): ActiveSpan<Report> {
    if (published.hasSubscribers) published.publish({ phase: "start", call });
    const span = this.#safely(() => hook?.(call));
    const hasRun = span && this.#safely(() => span.run !== undefined);
    let isOver = false;
    return {
      run: (work) => (hasRun ? this.#runWithin(span, work) : work()),
      end: (report) => {
        if (isOver) return;
        isOver = true;
        this.#safely(() => span?.end?.(report));
        if (published.hasSubscribers) published.publish({ phase: "end", call, report });
      },
    };
  }

  /**
   * Runs `work` exactly once and returns what it returns, whether the hook does as it should or
   * not.
   */
  #runWithin<T>(span: HookSpan<never>, work: () => T): T {
    const result = callOnce(work);
    this.#safely(() => {
      try {
        // It rejects as the work's own promise does, which its reader deals with.
        swallowRejection(span.run?.(result.call));
      } catch (error) {
        if (!result.failedWith(error)) throw error;
      }
    });
    return result.call();
  }

  /** Calls code of the application. `onError` gets what it throws, or rejects with. */
  #safely<T>(act: () => T): T | undefined {
    return callSafely(act, this.#onError);
  }
}

/**
 * Makes a function that does the work at its first call, and returns or throws the same at each
 * further one.
 */
function callOnce<T>(work: () => T): { call: () => T; failedWith: (error: unknown) => boolean } {
  let result: { value: T } | { error: unknown } | undefined;
  return {
    call() {
      if (!result) {
        try {
          result = { value: work() };
        } catch (error) {
          result = { error };
        }
      }
      if ("error" in result) throw result.error;
      return result.value;
    },
    failedWith: (error) => result !== undefined && "error" in result && result.error === error,
  };
}
