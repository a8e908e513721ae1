import { basename } from "node:path";
import type { Message, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { checkArrays, checkKnown, checkText } from "../shared/check-options.ts";
import { AgentError, type AgentErrorCode } from "../shared/errors.ts";
import { type RecordedError, type RecordedTurn, readRecording } from "./recording.ts";
import { createRedactor, toPattern } from "./redact.ts";
import { describeDifferences, findDifferences } from "./request-differences.ts";

export interface ReplayerOptions {
  /** The recording of {@link createRecorder}. */
  file: string;
  /** The recorder's secrets. They are not compared. @default none */
  secrets?: readonly (string | RegExp)[];
  /**
   * Texts that may differ from run to run, such as temporary paths and dates in tool results.
   * @default none
   */
  ignore?: readonly (string | RegExp)[];
}

/** A model that answers as one did before. */
export interface Replayer extends ModelProvider {
  /** Throws the first drift, or if turns of the recording were not asked for. */
  assertComplete(): void;
}

/** The facts of the system prompt's section Runtime: they are of the machine, not of the agent. */
const runtimeFacts = /^- (System|Workspace): .*$/gm;

/**
 * A model that plays a recording: no network, no tokens. Each request is answered by the first turn
 * not used yet that was recorded for the same one: same system prompt, messages, tools. One for
 * which there is none fails the run, with a message that names the difference from the
 * recording.
 *
 * Not compared: times, ids, the volatile part of the prompt, the facts in its section Runtime, and
 * what `ignore` matches. A turn that was stopped in the recording waits at the same place for its
 * signal.
 *
 * @throws AgentError `INVALID_OPTION` if one of `secrets` or `ignore` would match the empty text,
 * or an error that names the line if the file is no recording
 */
export function createReplayer(options: ReplayerOptions): Replayer {
  checkKnown("createReplayer", options, { file: true, secrets: true, ignore: true });
  const file = checkText("file", options.file);
  checkArrays(options, ["secrets", "ignore"]);
  const { secrets = [], ignore = [] } = options;
  const { model, turns } = readRecording(file);
  const redactor = createRedactor(secrets);
  const ignored = ignore.map(toPattern);
  const toComparable = (request: ModelRequest) =>
    withoutIgnored(pickCompared(redactor.value(request)), ignored);
  const unused = turns.map((turn) => ({ turn, compared: toComparable(turn.request) }));
  let asked = 0;
  let drift: Error | undefined;

  function takeTurn(request: ModelRequest): RecordedTurn {
    asked += 1;
    const compared = toComparable(request);
    const differences = unused.map((candidate) => findDifferences(candidate.compared, compared));
    const place = differences.findIndex((found) => found.length === 0);
    const [same] = place === -1 ? [] : unused.splice(place, 1);
    if (same) return same.turn;
    const error = new Error(
      differences[0]
        ? `Turn ${asked} is not what ${basename(file)} has as turn ${unused[0]?.turn.turn}:\n${describeDifferences(differences[0])}`
        : `${basename(file)} has ${turns.length} turns; the model was asked for turn ${asked}.`,
    );
    drift ??= error;
    throw error;
  }

  return {
    model,
    async *stream(request, { signal }) {
      signal.throwIfAborted();
      const { events, error, stopped } = takeTurn(request);
      for (const event of events) {
        signal.throwIfAborted();
        yield event;
      }
      if (error) throw toError(error);
      if (stopped) await aborted(signal);
    },
    assertComplete() {
      if (drift) throw drift;
      if (unused.length === 0) return;
      const missing = unused.map(({ turn }) => turn.turn).join(", ");
      throw new Error(`${basename(file)} has ${turns.length} turns; not asked for: ${missing}.`);
    },
  };
}

/**
 * Picks the parts of a request that must be the same. Calls are named by their order, not by their
 * ids.
 */
function pickCompared({ system, tools, toolChoice, messages }: ModelRequest): unknown {
  const callIds = new Map<string, string>();
  const named = JSON.stringify(messages.map(pickMessage), (key, value: unknown) => {
    if (key !== "callId" || typeof value !== "string") return value;
    if (!callIds.has(value)) callIds.set(value, `call ${callIds.size + 1}`);
    return callIds.get(value);
  });
  const definitions = tools.map(({ name, ...rest }) => [name, rest] as const);
  return {
    system: system.stable.replace(runtimeFacts, "…"),
    messages: JSON.parse(named) as unknown,
    tools: Object.fromEntries(definitions),
    toolChoice,
  };
}

function pickMessage(message: Message): object {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content };
    case "tool": {
      const { role, callId, toolName, content, isError } = message;
      return { role, callId, toolName, content, isError };
    }
    case "user":
      return { role: "user", content: message.content, blocks: message.blocks };
    case "assistant": {
      const { role, content, toolCalls, blocks } = message;
      const calls = toolCalls?.map(({ callId, toolName, input }) => ({ callId, toolName, input }));
      return { role, content, toolCalls: calls, blocks };
    }
  }
}

function withoutIgnored(value: unknown, ignored: readonly RegExp[]): unknown {
  if (typeof value === "string") return ignored.reduce((text, pattern) => text.replace(pattern, "…"), value);
  if (Array.isArray(value)) return value.map((item) => withoutIgnored(item, ignored));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutIgnored(item, ignored)]));
}

function toError({ message, code, retryable, retryAfterMs }: RecordedError): Error {
  if (code === undefined) return new Error(message);
  return new AgentError(code as AgentErrorCode, message, {
    ...(retryable !== undefined && { retryable }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
