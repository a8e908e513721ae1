import type { ServerEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { discard } from "../shared/async-iterables.ts";
import { isThenable, requireSync } from "../shared/callbacks.ts";
import type { Readings, Translator } from "./dialect.ts";

interface SpeakerDeps {
  /** Sends a frame to the client. */
  send: (frame: string) => void;
  /** Called when the dialect failed, so that frames are missing. */
  onFailed: (error: unknown) => void;
}

/** The translator of one connection. Nothing that it throws or rejects with gets out. */
export class Speaker {
  readonly #deps: SpeakerDeps;
  #translator: Translator | undefined;

  constructor(deps: SpeakerDeps) {
    this.#deps = deps;
  }

  /** Begins the connection. Throws what `connect` throws. */
  begin(connect: () => Translator): void {
    this.#translator = requireSync(connect(), "connect");
  }

  read(frame: string): Readings | Promise<Readings> {
    try {
      const read = this.#translator?.read(frame);
      if (!isThenable(read)) return read;
      return Promise.resolve(read).catch((error: unknown) => this.#deps.onFailed(error));
    } catch (error) {
      return this.#deps.onFailed(error);
    }
  }

  write(event: ServerEvent, json?: string): void {
    try {
      const frames = requireSync(this.#translator?.write(event, json) ?? [], "write");
      if (typeof frames === "string") this.#deps.send(frames);
      else for (const frame of frames) this.#sendText(frame);
    } catch (error) {
      this.#deps.onFailed(error);
    }
  }

  /** Sends a frame of the dialect's own. */
  send(frame: string): void {
    try {
      this.#sendText(frame);
    } catch (error) {
      this.#deps.onFailed(error);
    }
  }

  /** @throws TypeError for a frame that is not text */
  #sendText(frame: string): void {
    if (typeof frame === "string") return this.#deps.send(frame);
    discard(frame);
    throw new TypeError(mustBe("frame", "a text", frame));
  }
}
