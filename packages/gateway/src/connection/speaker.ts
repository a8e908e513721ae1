import type { ServerEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { discard } from "../shared/async-iterables.ts";
import { isThenable, requireSync } from "../shared/callbacks.ts";
import type { Outbox } from "../socket/outbox.ts";
import type { Readings, Translator } from "./dialect.ts";

/** The connection of a speaker. */
interface Owner {
  /** Called when the dialect failed, so that frames are missing. */
  failDialect(error: unknown): void;
}

/** The translator of one connection. Nothing that it throws or rejects with gets out. */
export class Speaker {
  readonly #owner: Owner;
  readonly #outbox: Pick<Outbox, "send">;
  #translator: Translator | undefined;

  constructor(owner: Owner, outbox: Pick<Outbox, "send">) {
    this.#owner = owner;
    this.#outbox = outbox;
  }

  /** Begins the connection. Throws what `connect` throws. */
  begin(connect: () => Translator): void {
    this.#translator = requireSync(connect(), "connect");
  }

  read(frame: string): Readings | Promise<Readings> {
    try {
      const read = this.#translator?.read(frame);
      if (!isThenable(read)) return read;
      return Promise.resolve(read).catch((error: unknown) => this.#owner.failDialect(error));
    } catch (error) {
      return this.#owner.failDialect(error);
    }
  }

  write(event: ServerEvent, json?: string): void {
    try {
      const frames = requireSync(this.#translator?.write(event, json) ?? [], "write");
      if (typeof frames === "string") this.#outbox.send(frames);
      else for (const frame of frames) this.#sendText(frame);
    } catch (error) {
      this.#owner.failDialect(error);
    }
  }

  /** Sends a frame of the dialect's own. */
  send(frame: string): void {
    try {
      this.#sendText(frame);
    } catch (error) {
      this.#owner.failDialect(error);
    }
  }

  /** @throws TypeError for a frame that is not text */
  #sendText(frame: string): void {
    if (typeof frame === "string") return this.#outbox.send(frame);
    discard(frame);
    throw new TypeError(mustBe("frame", "a text", frame));
  }
}
