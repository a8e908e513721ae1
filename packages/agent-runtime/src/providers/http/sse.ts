import { StringDecoder } from "node:string_decoder";
import { AgentError } from "../../shared/errors.ts";
import { isRecord, parseJson } from "../convert/json.ts";

/**
 * An event that did not end within this many UTF-16 units is no event. Far above any block of a
 * model's answer.
 */
export const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/** A reader of server-sent events. */
export interface SseReader {
  /**
   * Returns the `data` of the events that a piece of the stream completes.
   *
   * @throws AgentError `MODEL_FAILED` when an event has no end in sight
   */
  read(piece: Uint8Array): string[];
  /**
   * Returns the `data` of a last event without an empty line behind it. Half an event is left out.
   */
  end(): string[];
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Returns a reader of server-sent events.
 *
 * Event names are left out, because the data repeats them, but for `error`: its data is returned as
 * JSON with an `error`. Source: HTML Standard, 9.2.6 "Interpreting an event stream".
 */
export function createSseReader(): SseReader {
  // A quarter of the cost of a streaming TextDecoder for pieces of this size.
  const decoder = new StringDecoder("utf8");
  // An empty line. A `\r` at the very end may be half of `\r\n`, so it ends nothing yet.
  const eventEnd = /\r\n\r?\n|\n\r?\n|\r\r(?!$)/g;
  let rest = "";
  let isAtStart = true;
  return {
    read(piece) {
      // The part that was searched before is not searched again, but for an end that may just have
      // been cut.
      eventEnd.lastIndex = Math.max(0, rest.length - 3);
      rest += decoder.write(piece as Buffer);
      if (isAtStart && rest !== "") {
        isAtStart = false;
        if (rest.charCodeAt(0) === BYTE_ORDER_MARK) rest = rest.slice(1);
      }
      const events: string[] = [];
      let start = 0;
      for (let end = eventEnd.exec(rest); end; end = eventEnd.exec(rest)) {
        addData(events, rest.slice(start, end.index));
        start = eventEnd.lastIndex;
      }
      rest = rest.slice(start);
      if (rest.length > MAX_EVENT_CHARS)
        throw new AgentError("MODEL_FAILED", `An event is longer than ${MAX_EVENT_CHARS} characters.`);
      return events;
    },
    end() {
      const events: string[] = [];
      addData(events, rest + decoder.end());
      rest = "";
      return events.filter(isWhole);
    },
  };
}

/** Adds the data of an event. */
function addData(events: string[], event: string): void {
  const start = event.indexOf("data:");
  // The usual event: one `data` line, the last.
  const isUsual =
    start !== -1 &&
    event.indexOf("\n", start) === -1 &&
    event.indexOf("\r", start) === -1 &&
    (start === 0 || event[start - 1] === "\n");
  const isError = errorName.test(isUsual ? event.slice(0, start) : event.slice(0, 128));
  if (isUsual && !isError) {
    const data = event.slice(start + 5).trim();
    if (data !== "") events.push(data);
    return;
  }
  if (start === -1 && !isError) {
    if (isBareError(event)) events.push(event.trim());
    return;
  }
  for (const line of dataLines(event)) {
    const data = isError ? toErrorEvent(line) : line;
    if (data !== "") events.push(data);
  }
}

/** Returns true for an error that stands in the stream as it is: JSON without `data:`. */
function isBareError(event: string): boolean {
  if (!/^\s*\{/.test(event)) return false;
  const value = parseJson(event);
  return isRecord(value) && "error" in value;
}

const errorName = /(?:^|[\r\n])event:[ \t]*error[ \t]*(?:[\r\n]|$)/;

/**
 * Returns the lines of data, joined to one text. Some servers send events without empty lines
 * between them: lines that are all JSON are an event each.
 */
function dataLines(event: string): string[] {
  const lines = event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).replace(/^ /, ""));
  return lines.length > 1 && lines.every(isWhole) ? lines : [lines.join("\n").trim()];
}

function isWhole(data: string): boolean {
  return data.trim() === "[DONE]" || typeof (parseJson(data) ?? "") === "object";
}

/**
 * Returns the data of an `error` event as an object with an `error`, however the server wrote it.
 */
function toErrorEvent(data: string): string {
  const error = parseJson(data) ?? data;
  const isWrapped = isRecord(error) && "error" in error;
  return JSON.stringify(isWrapped ? error : { error: error === "" ? "an error without a reason" : error });
}
