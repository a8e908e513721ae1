import type { RunOutcome, Usage } from "@mini-openclaw/protocol";

/** The metadata of a message. A client gets the fields as they become known. */
export interface MessageMetadata {
  runId?: string;
  sessionId?: string;
  /** The number of the newest event that the message shows. */
  seq?: number;
  /** The reason why the run ended. Absent while it is active. */
  outcome?: RunOutcome;
  /** Why the run failed. A stream has it as its `error`. */
  error?: { code: string; message: string };
  usage?: Usage;
  /** The cost of the run in US dollars. Absent where a price is unknown. */
  costUsd?: number;
}

export interface TextPart {
  type: "text";
  text: string;
  state?: "streaming" | "done";
}

export interface FilePart {
  type: "file";
  mediaType: string;
  filename?: string;
  /** A data URL, or the address of a file that the session has. */
  url: string;
}

/** A part of a user's message. */
export type UserPart = TextPart | FilePart;

interface ToolFields {
  type: "dynamic-tool";
  toolName: string;
  toolCallId: string;
  input: unknown;
  providerExecuted: true;
}

/** A tool call of a message, with its result. */
export type ToolPart = ToolFields &
  (
    | { state: "input-available" }
    | { state: "output-available"; output: string }
    | { state: "output-error"; errorText: string }
    | { state: "output-denied"; approval: { id: string; approved: false; reason?: string } }
  );

/** A part of a message. */
export type MessagePart =
  | UserPart
  | { type: "step-start" }
  | { type: "reasoning"; id: string; text: string; state: "done" }
  | ToolPart
  | { type: "steering-message"; id: string; parts: UserPart[] }
  | { type: "data-compaction"; id: string; data: { content: string } };

/** A message in the form of the AI SDK's `UIMessage`. */
export interface UiMessage {
  id: string;
  role: "user" | "assistant";
  metadata: MessageMetadata;
  parts: MessagePart[];
}
