import process from "node:process";
import type { RecordedEvent } from "@mini-openclaw/protocol";
import { swallowRejection } from "../shared/callbacks.ts";
import type { Principal } from "../shared/principal.ts";
import type { Refusal } from "../shared/refusal.ts";
import { type Channels, openChannels } from "./channels.ts";
import { GatewayLog } from "./gateway-log.ts";
import { createConsoleLogger, type Logger } from "./logger.ts";
import { RunClock } from "./run-clock.ts";

interface ObserverOptions {
  logger?: Logger | undefined;
  /** Called for failures, instead of the log. */
  onFailure?: ((error: unknown, during: string) => void) | undefined;
}

/**
 * Reports the events of a gateway to its operators: as log lines, and on the channels of
 * `node:diagnostics_channel`. Never the contents of messages.
 */
export class Observer {
  readonly #gateway: object;
  readonly #log: GatewayLog;
  readonly #isLogging: boolean;
  readonly #onFailure: ObserverOptions["onFailure"];
  readonly #channels: Channels = openChannels();
  readonly #clock = new RunClock();
  #isStopped = false;

  constructor(gateway: object, { logger, onFailure }: ObserverOptions) {
    this.#gateway = gateway;
    this.#log = new GatewayLog(logger ?? createConsoleLogger());
    this.#isLogging = logger !== undefined;
    this.#onFailure = onFailure;
  }

  listening(address: { host: string; port: number }, tokens: readonly string[]): void {
    for (const token of tokens) this.#log.hide(token);
    this.#log.write("info", "listening", address);
  }

  /** Another machine has reached an attached gateway that has no `authenticate`. */
  exposed(address: string): void {
    const message = "reached from another machine without authenticate";
    if (this.#isLogging) this.#log.write("warn", message, { address });
    // A gateway without a logger prints failures only.
    else process.emitWarning(`The gateway was ${message}, from ${address}. Everybody there may use it.`);
  }

  stopping(runs: number): void {
    this.#log.write("info", "stopping", { runs });
  }

  stopped(): void {
    this.#isStopped = true;
    this.#log.write("info", "stopped");
    this.#log.close();
  }

  connected(principal: Principal | undefined): void {
    this.#connection("open", principal?.id);
  }

  disconnected(principal: Principal | undefined): void {
    this.#connection("close", principal?.id);
  }

  /** The gateway ends a connection, for something that its client did. */
  cutOff(principal: Principal | undefined, code: number, reason: string): void {
    this.#log.write("warn", "connection cut off", { principalId: principal?.id, code, reason });
  }

  refusedUpgrade({ status, reason }: Refusal, address: string): void {
    const { refusal } = this.#channels;
    if (refusal.hasSubscribers) refusal.publish({ gateway: this.#gateway, of: "upgrade", status, reason });
    this.#log.write("warn", "upgrade refused", { status, reason, address });
  }

  refusedRequest({ status, reason }: Refusal, address: string): void {
    const { refusal } = this.#channels;
    if (refusal.hasSubscribers) refusal.publish({ gateway: this.#gateway, of: "request", status, reason });
    this.#log.write("warn", "request refused", { status, reason, address });
  }

  refusedFrame(code: string, message: string): void {
    const { refusal } = this.#channels;
    if (refusal.hasSubscribers) refusal.publish({ gateway: this.#gateway, of: "frame", code });
    // The text names the wrong field, and never holds a message.
    this.#log.write("debug", "frame refused", { code, reason: message });
  }

  slowWatcher(sessionId: string): void {
    const { slowWatcher } = this.#channels;
    if (slowWatcher.hasSubscribers) slowWatcher.publish({ gateway: this.#gateway, sessionId });
    this.#log.write("debug", "watcher fell behind", { sessionId });
  }

  failed(error: unknown, during: string): void {
    // A lookup for a client that is gone may still fail now, because the store may be closed
    // already.
    if (this.#isStopped) return;
    const { failure } = this.#channels;
    if (failure.hasSubscribers) failure.publish({ gateway: this.#gateway, error, during });
    if (!this.#onFailure) return this.#log.write("error", "failed", { during, err: error });
    // `onFailure` is called in the middle of runs and connections, and must not end them. The first
    // error is logged too.
    const onFailed = (failure: unknown) => {
      this.#log.write("error", "failed", { during, err: error });
      this.#log.write("error", "failed", { during: "onFailure", err: failure });
    };
    try {
      swallowRejection(this.#onFailure(error, during), onFailed);
    } catch (failure) {
      onFailed(failure);
    }
  }

  /** Called for every event that is shown: does nothing while nobody wants to know. */
  published(recorded: readonly RecordedEvent[]): void {
    const { run } = this.#channels;
    if (!run.hasSubscribers && !this.#isLogging) return;
    for (const { event } of recorded) {
      const moment = this.#clock.see(event);
      if (!moment) continue;
      if (run.hasSubscribers) run.publish({ gateway: this.#gateway, ...moment });
      const { phase, ...fields } = moment;
      this.#log.write("debug", phase === "start" ? "run started" : "run ended", fields);
    }
  }

  #connection(phase: "open" | "close", principalId: string | undefined): void {
    const { connection } = this.#channels;
    if (connection.hasSubscribers) connection.publish({ gateway: this.#gateway, phase, principalId });
    this.#log.write("debug", phase === "open" ? "connection opened" : "connection closed", { principalId });
  }
}
