import type {
  ApprovalDecision,
  ApprovalDoneEvent,
  ApprovalRequestEvent,
  ModelToolCall,
  StartedTask,
  TaskRequest,
  TodoItem,
  TodoUpdatedEvent,
  ToolDoneEvent,
  ToolOutputEvent,
  ToolStartEvent,
} from "@mini-openclaw/protocol";
import { checkOneOf, checkText, invalidOption } from "../shared/check-options.ts";
import { wholeHead } from "../shared/cut-text.ts";
import type { Emit } from "../shared/emit-events.ts";
import { swallowRejection, unwatched } from "../shared/errors.ts";
import { type ApprovalRule, type SessionApprovals, ToolDenied, waitForDecision } from "./approvals.ts";
import type { Tool, ToolContext } from "./define-tool.ts";
import {
  type CallResult,
  checkCall,
  deniedBy,
  describeFailure,
  runTool,
  type ToolLimits,
} from "./run-tool.ts";

/**
 * `tool_output` of one call beyond this many UTF-16 units is not shown. Its result still is. The
 * protocol's 64 KiB.
 */
const MAX_PROGRESS_CHARS = 65_536;

export type ToolEvent =
  | ToolStartEvent
  | ToolOutputEvent
  | TodoUpdatedEvent
  | ApprovalRequestEvent
  | ApprovalDoneEvent
  | ToolDoneEvent;

/** Settings that the calls of a turn share. */
export interface CallSettings extends ToolLimits {
  sessionId: string;
  runId: string;
  signal: AbortSignal;
  tools: ReadonlyMap<string, Tool>;
  approval: ApprovalRule;
  sessionApprovals: SessionApprovals;
  /** The time that a user has to decide, in milliseconds. */
  approvalTimeoutMs: number;
  /** Absent where no user can be asked. */
  decision?: ((callId: string, options: { signal: AbortSignal }) => Promise<ApprovalDecision>) | undefined;
  /** Absent where no sub-agent may start. */
  startTask?: ((task: TaskRequest) => Promise<StartedTask>) | undefined;
  /** Does the work of a call, its tool's and nothing else, where it is watched. */
  aroundTool: (
    call: { callId: string; toolName: string; input: unknown },
    work: () => Promise<CallResult>,
  ) => Promise<CallResult>;
  /** Folders that `read_file` reads in besides the workspace. */
  skillFolders: readonly string[];
  createId: () => string;
  now: () => number;
  /** Gets the mistakes of the application's own functions. */
  onError: (error: unknown) => void;
}

/**
 * Makes one tool call: checks it, asks for approval where needed, runs the tool. Emits its events,
 * and returns the last one. Rejects only if the reader of the events went away.
 */
export async function answerCall(
  call: ModelToolCall,
  settings: CallSettings,
  emitEvent: Emit<ToolEvent>,
): Promise<ToolDoneEvent> {
  const { sessionId, runId, signal, skillFolders, createId, now } = settings;
  const { callId, toolName } = call;
  const emit: Emit<ToolEvent> = (event) => {
    const emitted = emitEvent(event);
    // A tool need not wait for its events.
    emitted?.catch(() => {});
    return emitted;
  };
  const progress = createProgress(callId, runId, emit);
  const tasks = createTaskStarter(callId, settings, emit);
  const context: ToolContext = {
    ...{ sessionId, runId, callId, signal, skillFolders },
    progress: progress.add,
    approve: (reason, elsewhere, code) =>
      unwatched(() => askUser({ reason, elsewhere, code }, call, settings, emit)),
    updateTodo: (items) =>
      unwatched(async () => emit({ type: "todo_updated", runId, items: readTodo(items), timestamp: now() })),
    ...(tasks.start && { startTask: tasks.start }),
  };
  const result = await makeCall(call, context, settings, emit);
  progress.end();
  const outcome = { ...result, timestamp: now(), ...tasks.started() };
  const done: ToolDoneEvent = { type: "tool_done", runId, id: createId(), callId, toolName, ...outcome };
  await emit(done);
  return done;
}

async function makeCall(
  call: ModelToolCall,
  context: ToolContext,
  settings: CallSettings,
  emit: Emit<ToolEvent>,
): Promise<CallResult> {
  const { callId, toolName, input } = call;
  const start = () => emit({ type: "tool_start", runId: settings.runId, callId, toolName, input });
  const checked = await checkCall(settings.tools.get(toolName), call, context, settings);
  if ("fault" in checked) {
    await start();
    return { output: checked.fault, isError: true };
  }
  try {
    await assertAllowed(checked.tool, checked.input, settings, context.approve);
  } catch (error) {
    return { output: describeFailure(error), isError: true, ...deniedBy(error) };
  }
  await start();
  if (context.signal.aborted) return { output: "[aborted: the tool was not run]", isError: true };
  const checkedCall = { callId, toolName, input: checked.input };
  return settings.aroundTool(checkedCall, () => runTool(checked.tool, checked.input, context, settings));
}

async function assertAllowed(
  { definition }: Tool,
  input: unknown,
  { approval, sessionId, onError }: CallSettings,
  approve: ToolContext["approve"],
): Promise<void> {
  const { name } = definition;
  const policy = approval({ toolName: name, input, sessionId }) ?? definition.approval ?? "allow";
  if (policy === "allow") return;
  if (policy === "ask") return approve(`${name} wants to run`, undefined, "TOOL_CALL");
  // Whatever else a rule gives, a promise for example, allows nothing.
  if (policy !== "deny") {
    swallowRejection(policy, onError);
    onError(invalidOption("approval", "a function that returns allow, ask, deny or nothing", policy));
  }
  throw new ToolDenied(`Not allowed: calls of ${name} are denied by a rule.`);
}

/** The arguments of `approve`. */
interface AskedApproval {
  readonly reason: string;
  readonly elsewhere: Promise<ApprovalDecision> | undefined;
  readonly code: string | undefined;
}

/**
 * Resolves when a user allows it. Rejects with `ToolDenied` otherwise, and with the signal's reason
 * on an abort.
 */
async function askUser(
  { reason, elsewhere, code }: AskedApproval,
  { callId, toolName }: ModelToolCall,
  { sessionId, runId, signal, decision: decide, sessionApprovals, approvalTimeoutMs, now }: CallSettings,
  emit: Emit<ToolEvent>,
): Promise<void> {
  checkText("reason", reason);
  if (code !== undefined) checkText("code", code);
  if (sessionApprovals.has(sessionId, reason)) return;
  if (!decide) throw new ToolDenied(`Not allowed: ${reason}, and nobody can be asked here. Tell the user.`);
  const coded = code === undefined ? {} : { code };
  const timestamp = now();
  // JSON has no `Infinity`.
  const expiresAt = timestamp + approvalTimeoutMs;
  const times = { timestamp, ...(expiresAt < Infinity && { expiresAt }) };
  await emit({ type: "approval_request", runId, callId, toolName, reason, ...coded, ...times });
  const ask = (options: { signal: AbortSignal }) => {
    const decided = decide(callId, options);
    return elsewhere ? Promise.race([decided, elsewhere]) : decided;
  };
  const decision = await waitForDecision(ask, {
    signal,
    timeoutMs: approvalTimeoutMs,
  });
  await emit({ type: "approval_done", runId, callId, decision });
  if (decision === "deny") throw new ToolDenied(`Not allowed: ${reason}, and the user did not allow it.`);
  if (decision === "session") sessionApprovals.add(sessionId, reason);
}

/** Starts the sub-agent of a call, and emits its start. A call has the session of its last one. */
function createTaskStarter(callId: string, { runId, startTask }: CallSettings, emit: Emit<ToolEvent>) {
  let taskSessionId: string | undefined;
  const start: ToolContext["startTask"] =
    startTask &&
    ((request) =>
      unwatched(async () => {
        const task = await startTask({ ...request, callId });
        taskSessionId = task.sessionId;
        await emit({ type: "tool_output", runId, callId, content: "", taskSessionId });
        return task;
      }));
  return { start, started: () => (taskSessionId === undefined ? {} : { taskSessionId }) };
}

/** Emits a tool's output while it runs: bounded, and nothing after its end. */
function createProgress(callId: string, runId: string, emit: Emit<ToolEvent>) {
  let room = MAX_PROGRESS_CHARS;
  let ended = false;
  return {
    add: (given: unknown) => {
      const text = toProgress(given);
      const content = text.length > room ? wholeHead(text, room) : text;
      room -= Math.min(text.length, room);
      if (!ended && content !== "") void emit({ type: "tool_output", runId, callId, content });
    },
    end: () => {
      ended = true;
    },
  };
}

/**
 * Returns output as text. A tool may call `progress` where a throw would end the process, with the
 * bytes that a command wrote.
 */
function toProgress(given: unknown): string {
  try {
    // Nothing becomes an empty text.
    return typeof given === "string" ? given : [given].join("");
  } catch {
    return "";
  }
}

/** Returns a copy of a list of steps. @throws AgentError `INVALID_OPTION` */
function readTodo(items: readonly TodoItem[]): TodoItem[] {
  if (!Array.isArray(items)) throw invalidOption("items", "an array", items);
  return (items as readonly (Partial<TodoItem> | null | undefined)[]).map((item, index) => ({
    text: checkText(`items[${index}].text`, item?.text),
    state: checkOneOf(`items[${index}].state`, item?.state as TodoItem["state"], todoStates),
  }));
}

const todoStates = ["open", "active", "done"] as const;
