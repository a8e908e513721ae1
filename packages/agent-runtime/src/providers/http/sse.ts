import { StringDecoder } from "node:string_decoder";
import { AgentError } from "../../shared/errors.ts";

/**
 * An event that did not end within this many UTF-16 units is no event. Far above any block of a
 * model's answer.
 */
export const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/**
 * Returns a function that takes server-sent events apart: for each piece of the stream, the `data`
 * of the events that it completes.
 *
 * Event names are left out, because the data repeats them, but for `error`: its data is returned as
 * JSON with an `error`. Source: HTML Standard, 9.2.6 "Interpreting an event stream".
 *
 * @throws AgentError `MODEL_FAILED` when an event has no end in sight
 */
export function createSseReader(): (piece: Uint8Array) => string[] {
  // A quarter of the cost of a streaming TextDecoder for pieces of this size.
  const decoder = new StringDecoder("utf8");
  // An empty line. A `\r` at the very end may be half of `\r\n`, so it ends nothing yet.
  const eventEnd = /\r\n\r?\n|\n\r?\n|\r\r(?!$)/g;
  let rest = "";
  return (piece) => {
    // The part that was searched before is not searched again, but for an end that may just have
    // been cut.
    eventEnd.lastIndex = Math.max(0, rest.length - 3);
    rest += decoder.write(piece as Buffer);
    const events: string[] = [];
    let start = 0;
    for (let end = eventEnd.exec(rest); end; end = eventEnd.exec(rest)) {
      const data = dataOf(rest.slice(start, end.index));
      if (data !== "") events.push(data);
      start = eventEnd.lastIndex;
    }
    rest = rest.slice(start);
    if (rest.length > MAX_EVENT_CHARS)
      throw new AgentError("MODEL_FAILED", `An event is longer than ${MAX_EVENT_CHARS} characters.`);
    return events;
  };
}

function dataOf(event: string): string {
  const start = event.indexOf("data:");
  const isError = /(?:^|[\r\n])event:[ \t]*error[ \t]*(?:[\r\n]|$)/.test(
    start > 64 ? "" : event.slice(0, 128),
  );
  const data = readData(event, start);
  return isError ? toErrorEvent(data) : data;
}

function readData(event: string, start: number): string {
  // The usual event: one `data` line, the last.
  if (start !== -1 && event.indexOf("\n", start) === -1 && (start === 0 || event[start - 1] === "\n")) {
    return event.slice(start + 5).trim();
  }
  return event
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).replace(/^ /, ""))
    .join("\n");
}

/**
 * Returns the data of an `error` event as an object with an `error`, however the server wrote it.
 */
function toErrorEvent(data: string): string {
  let error: unknown = data;
  try {
    error = JSON.parse(data);
  } catch {
    // A text is an error too.
  }
  const isWrapped = typeof error === "object" && error !== null && "error" in error;
  return JSON.stringify(isWrapped ? error : { error: error === "" ? "an error without a reason" : error });
}
