import {
  type DirectIterator,
  type ModelCallOptions,
  type ModelEvent,
  type ModelProvider,
  type ModelRequest,
  takeDirectly,
} from "@mini-openclaw/protocol";
import { checkModelEvent, openStream } from "../shared/check-model-event.ts";
import { followSignal } from "../shared/child-signal.ts";
import { AgentError, callSafely } from "../shared/errors.ts";
import { startTimer } from "../shared/timers.ts";

/** The events of one turn, which its reader asks for one by one. */
export interface TurnReader {
  /**
   * Resolves with the next event, or with `undefined` at the end. Rejects with what the provider
   * threw, with the signal's reason, or after a silence that is too long.
   */
  next(): Promise<ModelEvent | undefined>;
  /** Ends the turn. The provider's request is closed unless the turn was complete. */
  close(): void;
}

/**
 * Reads the provider's events, until the signal aborts or nothing comes for too long, whatever the
 * provider does. No generator: a turn has very many events, and each one would pass through it.
 *
 * An event that comes while `next` waits is passed to `take` first, if the provider can do that.
 * `take` returns false for an event that it wants from `next`, and otherwise a promise if it is not
 * done with the event yet. `next` rejects with what `take` throws.
 */
export function readTurn(
  provider: ModelProvider,
  request: ModelRequest,
  options: ModelCallOptions,
  idleTimeoutMs: number,
  take: (event: ModelEvent) => false | Promise<void> | undefined,
): TurnReader {
  const stop = followSignal(options.signal);
  const { model } = provider;
  const events: DirectIterator<ModelEvent> = openStream(provider, request, {
    ...options,
    signal: stop.signal,
  });
  const idle = watchIdle(idleTimeoutMs, () => stop.abort(silence(idleTimeoutMs)));
  let isComplete = false;
  let hasFailed = false;
  let resolve: (event: ModelEvent | undefined) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  // The functions are the same for each event, because events are many.
  const fail = (reason: unknown) => {
    hasFailed = true;
    reject(reason);
  };
  const deliver = (result: IteratorResult<ModelEvent>) => {
    idle.stop();
    try {
      const { done, value } = Object(result) as typeof result;
      if (!done) checkModelEvent(value, model);
      isComplete = done !== true && value.type === "turn";
      resolve(done ? undefined : value);
    } catch (error) {
      fail(error);
    }
  };
  const wait = (onEvent: typeof resolve, onFailure: typeof reject) => {
    resolve = onEvent;
    reject = onFailure;
    if (stop.signal.aborted) fail(stop.signal.reason);
    idle.start();
    events.next().then(deliver, fail);
  };
  const taken = () => {
    idle.start();
    return true;
  };
  events[takeDirectly]?.((event) => {
    if (hasFailed) return false;
    try {
      checkModelEvent(event, model);
      const taking = take(event);
      if (taking === false) return false;
      if (taking === undefined) return taken();
      idle.stop();
      return taking.then(taken, (error: unknown) => {
        fail(error);
        return true;
      });
    } catch (error) {
      fail(error);
      return true;
    }
  });
  stop.signal.addEventListener("abort", () => fail(stop.signal.reason), { once: true });
  return {
    next: () => new Promise(wait),
    close() {
      idle.dispose();
      // After its turn the provider is left in peace, so that it can keep its connection.
      if (!isComplete) stop.abort(new Error("The turn was given up."));
      stop.dispose();
      // Not awaited: a provider that hangs would hang this too.
      void callSafely(() => events.return?.());
    },
  };
}

/**
 * Calls `act` when more than `idleTimeoutMs` pass between `start` and `stop`. One timer for all of
 * them: events are many.
 */
function watchIdle(idleTimeoutMs: number, act: () => void) {
  let since: number | undefined;
  const check = () => {
    const leftMs = since === undefined ? idleTimeoutMs : since + idleTimeoutMs - performance.now();
    if (leftMs > 0) timer = startTimer(leftMs, check);
    else act();
  };
  let timer = startTimer(idleTimeoutMs, check);
  return {
    start: () => {
      since = performance.now();
    },
    stop: () => {
      since = undefined;
    },
    dispose: () => clearTimeout(timer),
  };
}

function silence(idleTimeoutMs: number): AgentError {
  return new AgentError("MODEL_TIMEOUT", `The model's server sent nothing for ${idleTimeoutMs} ms.`, {
    retryable: true,
  });
}
