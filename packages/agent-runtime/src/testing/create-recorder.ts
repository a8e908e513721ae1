import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ModelEvent, ModelProvider } from "@mini-openclaw/protocol";
import { checkArrays, checkKnown, checkText } from "../shared/check-options.ts";
import { callSafely, reasonOf } from "../shared/errors.ts";
import type { RecordedError, RecordedTurn, RecordingHeader } from "./recording.ts";
import { createRedactor, type Redactor } from "./redact.ts";

export interface RecorderOptions {
  /**
   * Where the recording goes. What was there is replaced when the first turn is asked for. Only its
   * owner can read it.
   */
  file: string;
  /** Other secrets that must not be recorded, as texts or patterns. @default none */
  secrets?: readonly (string | RegExp)[];
}

/**
 * A model that does as `provider` does, and writes it down: each turn is one line of JSON, with its
 * request and its events, written before the last event is seen. {@link createReplayer} plays it
 * again.
 *
 * Secrets are left out: keys, tokens, passwords and authorization values in their usual forms, the
 * values of environment variables that are named like one, and what `secrets` names. Look through a
 * recording before you share it all the same: it holds everything else that was said.
 *
 * @throws AgentError `INVALID_OPTION` if one of `secrets` would match the empty text
 */
export function createRecorder(provider: ModelProvider, options: RecorderOptions): ModelProvider {
  checkKnown("createRecorder", options, { file: true, secrets: true });
  const file = checkText("file", options.file);
  checkArrays(options, ["secrets"]);
  const { secrets = [] } = options;
  const redactor = createRedactor(secrets);
  const write = (record: RecordingHeader | RecordedTurn) =>
    appendFileSync(file, `${JSON.stringify(record)}\n`);
  const warn = (error: unknown) =>
    process.emitWarning(`The stopped turn could not be recorded: ${reasonOf(error)}.`);
  let turns = 0;
  const nextTurn = () => {
    if (turns === 0) {
      mkdirSync(dirname(file), { recursive: true });
      // Another file: one that is only emptied stays readable for those who could read it.
      rmSync(file, { force: true });
      writeFileSync(file, "", { mode: 0o600 });
      write({ type: "recording", v: 1, model: provider.model, recordedAt: Date.now() });
    }
    turns += 1;
    return turns;
  };
  return {
    model: provider.model,
    async *stream(request, asking) {
      const { signal } = asking;
      signal.throwIfAborted();
      const turn = nextTurn();
      const kept = { type: "turn", turn, request: redactor.value(request) } as const;
      const events: ModelEvent[] = [];
      const finish = onlyOnce((ending: Pick<RecordedTurn, "stopped" | "error">) =>
        write({ ...kept, events: redactEvents(events, redactor), ...ending }),
      );
      // A listener that throws would end the process.
      const stopped = () => callSafely(() => finish({ stopped: true }), warn);
      signal.addEventListener("abort", stopped, { once: true });
      try {
        for await (const event of provider.stream(request, asking)) {
          events.push(event);
          if (event.type === "turn") finish({});
          yield event;
        }
        finish({});
      } catch (error) {
        finish({ error: redactor.value(toRecorded(error)) });
        throw error;
      } finally {
        signal.removeEventListener("abort", stopped);
        stopped();
      }
    },
  };
}

/**
 * Text comes in small pieces: what is a secret shows only when those that follow each other are
 * read as one.
 */
function redactEvents(events: readonly ModelEvent[], redactor: Redactor): ModelEvent[] {
  const partOf = (event: ModelEvent) => ("index" in event ? `input ${event.index}` : event.type);
  const kept = new Map(
    [...new Set(events.map(partOf))].map((part) => {
      const pieces = events.map((event) => ("text" in event && partOf(event) === part ? event.text : ""));
      return [part, redactor.pieces(pieces)] as const;
    }),
  );
  return events.map((event, index) =>
    "text" in event ? { ...event, text: kept.get(partOf(event))?.[index] ?? "" } : redactor.value(event),
  );
}

function toRecorded(error: unknown): RecordedError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, code, retryable, retryAfterMs } = error as Error & Record<string, unknown>;
  return {
    message,
    ...(typeof code === "string" && { code }),
    ...(typeof retryable === "boolean" && { retryable }),
    ...(typeof retryAfterMs === "number" && { retryAfterMs }),
  };
}

function onlyOnce<T>(act: (value: T) => void): (value: T) => void {
  let isDone = false;
  return (value) => {
    if (isDone) return;
    isDone = true;
    act(value);
  };
}
