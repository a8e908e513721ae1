import type { SharedSpend } from "@mini-openclaw/protocol";
import { DailySpend } from "../budget/daily-spend.ts";
import { checkPrices } from "../budget/prices.ts";
import { resolveRunLimits } from "../budget/run-limits.ts";
import { ContextWindow } from "../context/context-window.ts";
import { openPromptWorkspace, readPromptSections, toSystemPrompt } from "../context/system-prompt.ts";
import { WindowStarts } from "../context/window-starts.ts";
import { OWN_FOLDER } from "../files/hidden-paths.ts";
import { type FallbackReason, fallbackReasons } from "../run/retry-policy.ts";
import type { RunSettings } from "../run/run-settings.ts";
import {
  checkAmount,
  checkArrays,
  checkCount,
  checkFunctions,
  checkKnown,
  checkOneOf,
  checkText,
  checkTimeZone,
  invalidOption,
} from "../shared/check-options.ts";
import { createId } from "../shared/create-id.ts";
import { callSafely, fieldOf, swallowRejection } from "../shared/errors.ts";
import { createSessionApprovals } from "../tool-calls/approvals.ts";
import { type Tool, toTool } from "../tool-calls/define-tool.ts";
import { createRememberTool } from "../tools/remember.ts";
import { MemoryManager } from "../workspace/memory.ts";
import { SkillsLoader } from "../workspace/skills.ts";
import { type AgentRuntimeOptions, agentDefaults, agentOptionNames } from "./agent-options.ts";
import { readInstructions, readStates } from "./tool-texts.ts";

/** The farthest time that a `Date` has. */
const MAX_TIME = 8.64e15;

/**
 * Checks the options once. Below this line nothing is optional. `tools` may grow later.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function resolveSettings(options: AgentRuntimeOptions, tools: ReadonlyMap<string, Tool>): RunSettings {
  checkShape(options);
  const { provider, fallbacks = [], workspaceDir, spentTodayUsd = 0 } = options;
  const onError = heard(options.onError);
  const now = checkClock(options.now ?? Date.now, onError);
  for (const [index, one] of [provider, ...fallbacks].entries()) {
    const name = index === 0 ? "provider" : `fallbacks[${index - 1}]`;
    if (typeof one?.stream !== "function")
      throw invalidOption(name, "a model provider, such as `createAnthropicProvider(…)`", one);
    checkText(`${name}.model`, one.model);
  }
  const zone = { ...(options.timeZone !== undefined && { timeZone: checkTimeZone(options.timeZone) }) };
  const memory =
    options.memory ?? (workspaceDir ? new MemoryManager({ workspaceDir, now, ...zone }) : undefined);
  const skills = options.skills ?? (workspaceDir ? new SkillsLoader({ workspaceDir }) : undefined);
  const count = (name: keyof typeof agentDefaults) => checkCount(name, options[name] ?? agentDefaults[name]);
  return {
    ...resolveRunLimits(options),
    providers: [provider, ...fallbacks],
    tools,
    prices: checkPrices(options.prices ?? {}),
    dailySpend: new DailySpend({
      spentTodayUsd: checkAmount("spentTodayUsd", spentTodayUsd),
      now,
      shared: checkSharedSpend(options.sharedSpend),
    }),
    rememberTool: memory && toTool(createRememberTool(memory)),
    readPrompt: promptReader(
      { ...options, now, ...(skills && { skills }) },
      memory,
      tools,
      checkDays(options.dailyLogDays ?? agentDefaults.dailyLogDays),
    ),
    maxContextMessages: contextMessages(options),
    contextWindow: new ContextWindow(count("maxContextTokens")),
    windowStarts: new WindowStarts(),
    budgets: new Map(),
    failedCompactions: new Map(),
    compactAtShare: checkShare(options.compactAtShare),
    maxParallelTools: Math.max(1, count("maxParallelTools")),
    approval: options.approval ?? (() => {}),
    sessionApprovals: createSessionApprovals(),
    approvalTimeoutMs: count("approvalTimeoutMs"),
    toolTimeoutMs: count("toolTimeoutMs"),
    maxToolOutputChars: count("maxToolOutputChars"),
    maxRetries: count("maxRetries"),
    retryBaseMs: count("retryBaseMs"),
    retryMaxMs: count("retryMaxMs"),
    idleTimeoutMs: count("idleTimeoutMs"),
    fallbackOn: new Set(checkFallbacks(options.fallbackOn ?? fallbackReasons)),
    random: Math.random,
    aroundTool: (_, work) => work(),
    skillFolders: skills?.directories ?? [],
    onError,
    createId,
    now,
  };
}

/** @throws AgentError `INVALID_OPTION` for an unknown name or a value of the wrong kind */
function checkShape(options: AgentRuntimeOptions): void {
  checkKnown("new AgentRuntime", options, agentOptionNames);
  checkArrays(options, ["fallbacks", "fallbackOn", "tools", "toolSources"]);
  for (const [index, source] of (options.toolSources ?? []).entries())
    if (typeof source?.tools !== "function")
      throw invalidOption(`toolSources[${index}]`, "an object with the function `tools`", source);
  checkFunctions(options, ["systemPrompt", "approval", "onError", "now"]);
  checkFunctions(options, ["onRun", "onModelCall", "onToolCall", "onEvent"]);
  const { workspaceDir, identity } = options;
  if (workspaceDir !== undefined) checkText("workspaceDir", workspaceDir);
  if (identity !== undefined) checkText("identity", identity);
}

/** The prompt has no room for the logs of more days. */
const MAX_LOG_DAYS = 366;

/** @throws AgentError `INVALID_OPTION` */
function checkDays(days: number): number {
  if (Number.isInteger(days) && days >= 0 && days <= MAX_LOG_DAYS) return days;
  throw invalidOption("dailyLogDays", `a whole number from 0 to ${MAX_LOG_DAYS}`, days);
}

/** A summary makes a limit of messages needless: tokens count. */
function contextMessages({ maxContextMessages, compactAtShare }: AgentRuntimeOptions): number {
  if (maxContextMessages === undefined && compactAtShare !== undefined) return Infinity;
  return checkCount("maxContextMessages", maxContextMessages ?? agentDefaults.maxContextMessages);
}

/** @throws AgentError `INVALID_OPTION` */
function checkFallbacks(reasons: readonly FallbackReason[]): readonly FallbackReason[] {
  return reasons.map((reason) => checkOneOf("fallbackOn", reason, fallbackReasons));
}

/**
 * Calls `onError` and ignores what it throws or rejects with, because a run must still end.
 */
function heard(onError: (error: unknown) => void = () => {}): (error: unknown) => void {
  return (error) => callSafely(() => onError(error));
}

/**
 * Returns a clock that always has a time. Where `now` fails later, `onError` gets that, and the
 * system's clock counts.
 *
 * @throws AgentError `INVALID_OPTION` if it has none now
 */
function checkClock(now: () => number, onError: (error: unknown) => void): () => number {
  const read = () => {
    const time: unknown = now();
    if (typeof time === "number" && Math.abs(time) <= MAX_TIME) return time;
    throw invalidOption("now", "a function that returns milliseconds since 1970, as `Date.now` does", time);
  };
  read();
  return () => callSafely(read, onError) ?? Date.now();
}

/** @throws AgentError `INVALID_OPTION` */
function checkSharedSpend(shared: SharedSpend | undefined): SharedSpend | undefined {
  if (shared === undefined || typeof shared?.add === "function") return shared;
  throw invalidOption("sharedSpend", "an object with the function `add`", shared);
}

/** @throws AgentError `INVALID_OPTION` */
function checkShare(share: number | undefined): number | undefined {
  if (share === undefined || (share > 0 && share <= 1)) return share;
  throw invalidOption("compactAtShare", "a number above 0, up to 1", share);
}

function promptReader(
  options: AgentRuntimeOptions,
  memory: MemoryManager | undefined,
  tools: ReadonlyMap<string, Tool>,
  dailyLogDays: number,
): RunSettings["readPrompt"] {
  const { systemPrompt, identity, workspaceDir, skills, timeZone, now = Date.now } = options;
  if (systemPrompt) {
    return async () => {
      const system = await systemPrompt();
      for (const name of ["stable", "volatile"] as const) {
        const text: unknown = fieldOf(system, name);
        if (typeof text === "string") continue;
        swallowRejection(text, heard(options.onError));
        throw invalidOption(`systemPrompt(…).${name}`, "a text", text);
      }
      return { system, sections: [{ title: "System prompt", source: "options", text: system.stable }] };
    };
  }
  const hidden = [OWN_FOLDER, ...(memory ? [memory.dataDir] : [])];
  const workspace = workspaceDir ? openPromptWorkspace({ dir: workspaceDir, hidden }) : undefined;
  return async (run) => {
    const offered = [...(run?.tools ?? tools).values()];
    const own = await readPromptSections({
      ...(identity !== undefined && { identity }),
      ...(workspace && { workspace }),
      ...(memory && { memory }),
      ...(skills && { skills }),
      tools: offered,
      dailyLogDays,
    });
    const onError = heard(options.onError);
    const states = run ? readStates(offered, run, onError) : [];
    const added = readInstructions(options.toolSources ?? [], onError);
    const sections = [
      ...own,
      ...added.map(({ title, text }) => ({ title, source: "tool source", text: `# ${title}\n\n${text}` })),
    ];
    const { stable, volatile } = toSystemPrompt(sections, now(), timeZone);
    return { system: { stable, volatile: [volatile, ...states].join("\n\n") }, sections };
  };
}
