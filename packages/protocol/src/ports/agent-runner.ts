import type { ApprovalDecision, RunEvent } from "../session/events.ts";
import type { Message, TodoItem, UserMessage } from "../session/messages.ts";
import type { ModelOptions } from "./model-provider.ts";
import type { StartedTask, TaskRequest } from "./tasks.ts";

/** Runs the agent on a session's messages. Stores nothing and knows no sockets. */
export interface AgentRunner {
  /**
   * Runs the agent once. Yields `run_start` first, `message_done` before the end, and exactly one
   * `run_end` last. The gateway records each event before it asks for the next one. A turn has one
   * `assistant_message`, before its first `tool_start`. After `signal` aborts, the run ends within
   * 5 s with the outcome `aborted`.
   */
  run(input: AgentInput): AsyncIterable<RunEvent>;
  /**
   * The number of newest messages that a run needs.
   * @default 50
   */
  readonly neededMessages?: number;
}

/** The input of one run. */
export interface AgentInput {
  sessionId: string;
  runId: string;
  /** The newest messages of the session, oldest first. The new user message is the last one. */
  messages: readonly Message[];
  signal: AbortSignal;
  /**
   * The model that answers this run, one of the agent's own. Its other models remain fallbacks. An
   * unknown name changes nothing.
   *
   * @default the agent's first model
   */
  model?: string;
  /** Settings of the model for this run. @default those of its provider */
  options?: ModelOptions;
  /**
   * The cost of the session's earlier runs in US dollars, as far as it is known: the `costUsd` of
   * its meta. An agent with a limit for sessions counts it.
   *
   * @default 0
   */
  sessionCostUsd?: number;
  /**
   * Returns the messages that users sent since the last call, oldest first. Call it after a turn's
   * tool results, and before a run ends as `completed`. Its messages enter the run as
   * `user_message` events and go to the model next.
   *
   * @default no messages
   */
  takeSteering?: () => readonly UserMessage[];
  /**
   * Waits for a user's decision on the call of an `approval_request`. Rejects, or is absent, where
   * no user can decide. The call is denied then, and also if no decision comes in the agent's time.
   */
  decision?: (callId: string, options: { signal: AbortSignal }) => Promise<ApprovalDecision>;
  /**
   * The session's list of steps: the items of its newest `todo_updated`.
   * @default none
   */
  todo?: readonly TodoItem[];
  /** The run whose tool call started this one. Absent unless this is the run of a sub-agent. */
  parentRunId?: string;
  /**
   * Starts a sub-agent in a session of its own. Resolves when its instruction is recorded. Absent
   * where no sub-agent may start, as in the run of a sub-agent.
   */
  startTask?: (task: TaskRequest) => Promise<StartedTask>;
}
