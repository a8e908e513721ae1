import type { ServerEvent } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { discard } from "../shared/async-iterables.ts";
import { isThenable, requireSync } from "../shared/callbacks.ts";
import type { Readings, Translator } from "./dialect.ts";

/** The connection of a translator. Nothing that the translator throws or rejects with gets out. */
interface Speaker {
  sendText(frame: string): void;
  /** Called when the dialect failed, so that frames are missing. */
  failDialect(error: unknown): void;
}

/**
 * Returns what a dialect's `connect` returned, if that is a translator.
 *
 * @throws TypeError
 */
export function requireTranslator(returned: Translator): Translator {
  const translator: Partial<Translator> | null | undefined = requireSync(returned, "connect");
  if (typeof translator?.read === "function" && typeof translator.write === "function") return returned;
  throw new TypeError(mustBe("connect", "a function that returns `read` and `write`", translator));
}

/** Reads a frame of the client. */
export function readFrame(
  translator: Translator,
  frame: string,
  speaker: Speaker,
): Readings | Promise<Readings> {
  try {
    const read = translator.read(frame);
    if (!isThenable(read)) return read;
    return Promise.resolve(read).catch((error: unknown) => speaker.failDialect(error));
  } catch (error) {
    return speaker.failDialect(error);
  }
}

/** Sends the frames of an event. `json` is the JSON of a recorded one. */
export function writeEvent(
  translator: Translator,
  event: ServerEvent,
  json: string | undefined,
  speaker: Speaker,
): void {
  try {
    const frames = requireSync(translator.write(event, json) ?? [], "write");
    if (typeof frames === "string") speaker.sendText(frames);
    else for (const frame of frames) sendText(frame, speaker);
  } catch (error) {
    speaker.failDialect(error);
  }
}

/** Sends a frame of the dialect's own. */
export function sendFrame(frame: string, speaker: Speaker): void {
  try {
    sendText(frame, speaker);
  } catch (error) {
    speaker.failDialect(error);
  }
}

/** @throws TypeError for a frame that is not text */
function sendText(frame: string, speaker: Speaker): void {
  if (typeof frame === "string") return speaker.sendText(frame);
  discard(frame);
  throw new TypeError(mustBe("frame", "a text", frame));
}
