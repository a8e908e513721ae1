import type { ServerEvent } from "@mini-openclaw/protocol";

/** The events. The group has those with a text in `content`. */
const events =
  /^(?:(user_message|assistant_message|compaction|message_queued|message_done|chunk|thinking|tool_input|tool_output)|run_start|run_end|run_error|tool_start|tool_done|approval_request|approval_done|retry|session_updated|todo_updated)$/;

/**
 * Reads one frame of a gateway. Returns nothing for an event that only a newer gateway knows.
 *
 * Checks the fields without which a wrong conversation would be shown. A schema of all frames is in
 * `@mini-openclaw/protocol/schema`, and too large for this package.
 *
 * @throws Error the text is not a frame of the protocol.
 */
export function readFrame(text: unknown): ServerEvent | undefined {
  const frame = Object(JSON.parse(text as string));
  const { type, seq } = frame;
  const names = ["type"];
  if (seq !== undefined) {
    const event = events.exec(type);
    if (!event) return undefined;
    names.push("sessionId");
    if (type !== "session_updated") names.push("runId");
    if (event[1]) names.push("content");
    // Not a string, so it is found below.
    if (!(seq >= 0)) names.push("seq");
  }
  const wrong = names.find((name) => typeof frame[name] !== "string");
  if (wrong) throw new Error(`${type}: ${wrong} is wrong.`);
  return frame;
}
