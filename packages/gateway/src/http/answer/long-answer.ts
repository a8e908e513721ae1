import type { ServerResponse } from "node:http";
import { draining } from "../../shared/errors.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { EventStream, type StreamDeps } from "./event-stream.ts";
import { HttpError } from "./http-error.ts";

/** An answer that may take as long as a run or a watch. */
export class LongAnswer {
  #stream: EventStream | undefined;
  #isLong = false;
  #phase: "open" | "draining" | "over" = "open";
  #cut: () => void = () => {};

  /** True from `begin` on. */
  get isLong(): boolean {
    return this.#isLong;
  }

  /** The stream, once it is open. */
  get stream(): EventStream | undefined {
    return this.#stream;
  }

  /**
   * Counts this answer as one of the gateway's connections.
   *
   * @throws GatewayError `DRAINING`; HttpError `TOO_MANY_REQUESTS`
   */
  begin(makeRoom: () => Refusal | undefined): void {
    if (this.#phase !== "open") throw draining();
    const refusal = makeRoom();
    if (refusal) {
      const { reason, headers = {} } = refusal;
      throw new HttpError(503, "TOO_MANY_REQUESTS", reason, { headers, retryable: true });
    }
    this.#isLong = true;
  }

  /** Sets the function that cuts the answer off when the gateway has stopped. */
  cutWith(cut: () => void): void {
    this.#cut = cut;
    if (this.#phase === "over") cut();
  }

  openStream(response: ServerResponse, deps: StreamDeps, epoch: string): EventStream {
    this.#stream = new EventStream(response, deps, epoch);
    if (this.#phase !== "open") this.#stream.notify({ type: "draining" });
    if (this.#phase === "over") this.#stream.end();
    return this.#stream;
  }

  /** Notifies the client that the gateway is stopping. */
  drain(): void {
    this.#phase = "draining";
    this.#stream?.notify({ type: "draining" });
  }

  /** Ends the stream, also one that opens later. */
  end(): void {
    this.#phase = "over";
    this.#stream?.end();
    this.#cut();
  }
}
