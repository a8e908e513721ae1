import type { ServerEvent } from "@mini-openclaw/protocol";
import { isRecord, mustBe } from "@mini-openclaw/protocol/shared";
import { discard } from "../shared/async-iterables.ts";
import { isThenable, requireSync } from "../shared/callbacks.ts";
import type { Reading, Readings, Translator } from "./dialect.ts";

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
): CheckedReadings | Promise<CheckedReadings> {
  const fail = (error: unknown): undefined => {
    speaker.failDialect(error);
  };
  try {
    const read = translator.read(frame);
    return isThenable(read) ? Promise.resolve(read).then(checkReadings).catch(fail) : checkReadings(read);
  } catch (error) {
    return fail(error);
  }
}

type CheckedReadings = readonly Reading[] | undefined;

const READINGS = 'readings such as `{ ok: true, value: { type: "ping" } }`, a list of them, or nothing';

/** @throws TypeError for a result that has no commands */
function checkReadings(read: Readings): CheckedReadings {
  if (read === undefined || read === null) return undefined;
  const all: readonly Reading[] = Array.isArray(read) ? read : [read];
  for (const reading of all) {
    if (isReading(reading)) continue;
    discard(read);
    throw new TypeError(mustBe("read", `a function that returns ${READINGS}`, reading));
  }
  return all;
}

function isReading(reading: unknown): boolean {
  if (!isRecord(reading)) return false;
  const { ok, value, code, message } = reading;
  if (ok === true) return isRecord(value) && typeof value["type"] === "string";
  return ok === false && typeof code === "string" && typeof message === "string";
}

/** Sends the frames of an event. `json` is the JSON of a recorded one. */
export function writeEvent(
  translator: Translator,
  event: ServerEvent,
  json: string | undefined,
  speaker: Speaker,
): void {
  let frames: string | readonly string[] = [];
  try {
    frames = translator.write(event, json) ?? [];
    requireSync(frames, "write");
    if (typeof frames === "string") speaker.sendText(frames);
    else for (const frame of frames) sendText(frame, speaker);
  } catch (error) {
    discard(frames);
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
