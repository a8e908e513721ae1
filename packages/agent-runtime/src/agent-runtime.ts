import type {
  AgentInput,
  AgentRunner,
  Message,
  ModelProvider,
  RunEvent,
  SystemPrompt,
} from "@mini-openclaw/protocol";
import { v7 as uuidv7 } from "uuid";
import { type ApprovalRule, createSessionApprovals } from "./approvals.ts";
import { type Brakes, checkCount, resolveBrakes } from "./brakes.ts";
import { buildContext } from "./context.ts";
import { AgentError } from "./errors.ts";
import { type ContextReport, explainRequest } from "./explain-request.ts";
import { fitContext } from "./fit-context.ts";
import type { AgentHooks } from "./hooks.ts";
import { checkPrices, type Prices } from "./prices.ts";
import type { Prompt, RunSettings } from "./run-settings.ts";
import { readPromptSections, toSystemPrompt } from "./system-prompt.ts";
import { type Tool, type ToolDefinition, toTool } from "./tool.ts";
import { toRequest } from "./turn-shape.ts";
import { watchRun } from "./watch-run.ts";
import { createWatchers, type Watchers } from "./watchers.ts";
import { MemoryManager } from "./workspace/memory.ts";
import { SkillsLoader } from "./workspace/skills.ts";

export interface AgentRuntimeOptions extends Partial<Brakes>, AgentHooks {
  /** The model. */
  provider: ModelProvider;
  /** Models to turn to, in this order, when the one before is overloaded. @default none */
  fallbacks?: readonly ModelProvider[];
  /** What the model may call. @default none */
  tools?: readonly ToolDefinition[];
  /** Whose SOUL.md, TOOLS.md, memory and skills the system prompt shows. @default none of them */
  workspaceDir?: string;
  /** @default that of `workspaceDir` */
  memory?: MemoryManager;
  /** @default those of `workspaceDir` */
  skills?: SkillsLoader;
  /** The first section of the system prompt: who the agent is. @default {@link defaultIdentity} */
  identity?: string;
  /** Makes the whole prompt instead of what is said of it here. */
  systemPrompt?: () => SystemPrompt | Promise<SystemPrompt>;
  /** How many days before today the prompt shows the log of, besides today's. @default 0 */
  dailyLogDays?: number;
  /** Newest messages that the model sees. @default 50 */
  maxContextMessages?: number;
  /**
   * Tokens that the messages of one request may cost, roughly counted. Big old tool results are trimmed first, then the
   * oldest messages left out. @default 150000
   */
  maxContextTokens?: number;
  /** Most tool calls that run at a time. @default 4 */
  maxParallelTools?: number;
  /** Decides which calls are made at once, asked for, or denied. @default each tool's own `approval` */
  approval?: ApprovalRule;
  /** How long a user has to decide, in milliseconds. No answer is a denial. @default 600000 */
  approvalTimeoutMs?: number;
  /** How long a tool may take that sets no time of its own, in milliseconds. @default 120000 */
  toolTimeoutMs?: number;
  /** Longest tool output that the model sees, in UTF-16 units; the middle of a longer one is left out. @default 50000 */
  maxToolOutputChars?: number;
  /** How often a turn that failed before it showed anything is tried again. @default 3 */
  maxRetries?: number;
  /** The first wait before another try; each further one is twice as long. Milliseconds. @default 500 */
  retryBaseMs?: number;
  /** The longest wait. A server that asks for more ends the run instead. Milliseconds. @default 30000 */
  retryMaxMs?: number;
  /** Silence of the model's server after which it is given up, in milliseconds. @default 60000 */
  idleTimeoutMs?: number;
  /** What models cost, by their names, besides {@link defaultPrices} and before them. @default none */
  prices?: Prices;
  /** Told of each error that ends a run, whole; watchers see only its code and a short message; and of what a hook threw. @default nothing */
  onError?: (error: unknown) => void;
  /** The clock: milliseconds since 1970. @default Date.now */
  now?: () => number;
}

/** The defaults of {@link AgentRuntimeOptions} that are numbers, but for its brakes. */
export const agentDefaults = {
  dailyLogDays: 0,
  // The tutorial's number.
  maxContextMessages: 50,
  // Chosen: a window of 200,000 tokens less prompt, tools and answer.
  maxContextTokens: 150_000,
  // Chosen: tools mostly wait for disks and networks.
  maxParallelTools: 4,
  // Chosen: ten minutes; a run may take thirty.
  approvalTimeoutMs: 600_000,
  // Chosen: four times what `bash` allows itself.
  toolTimeoutMs: 120_000,
  // Chosen: five times what `bash` shows; about 12,000 tokens.
  maxToolOutputChars: 50_000,
  // Chosen: with the waits below, a fault of four seconds passes unseen.
  maxRetries: 3,
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  // Chosen: the Messages API sends a `ping` about every 15 s while the model thinks.
  idleTimeoutMs: 60_000,
} as const;

/** Runs an agent: streams from a model, runs the tools it asks for. Keeps nothing between runs. */
export class AgentRuntime implements AgentRunner {
  readonly #tools = new Map<string, Tool>();
  readonly #settings: RunSettings;
  readonly #watchers: Watchers;

  /** @throws AgentError `INVALID_OPTIONS`, `INVALID_TOOL` */
  constructor(options: AgentRuntimeOptions) {
    this.#settings = resolveSettings(options, this.#tools);
    this.#watchers = createWatchers(options, this.#settings.onError);
    for (const tool of options.tools ?? []) this.registerTool(tool);
  }

  /**
   * Gives the agent another tool, from its next turn on.
   *
   * @throws AgentError `INVALID_TOOL` if the definition is unusable or the name is taken.
   */
  registerTool(definition: ToolDefinition): void {
    const tool = toTool(definition);
    const { name } = tool.model;
    if (this.#tools.has(name)) {
      throw new AgentError("INVALID_TOOL", `There is already a tool named ${name}; names are unique.`);
    }
    this.#tools.set(name, tool);
  }

  /**
   * One run. The new user message is the last of `input.messages`; nothing is added to them.
   *
   * Several runs may go on at once. Ends in exactly one `run_end` and never throws.
   */
  run(input: AgentInput): AsyncGenerator<RunEvent> {
    return watchRun(input, this.#settings, this.#watchers);
  }

  /**
   * What a run on these messages would send to the model first: every section with its size and source, and, given an
   * earlier report, the first place that differs, which is where the model server's cache ends.
   *
   * Asks no model and changes nothing.
   */
  async explainContext(
    messages: readonly Message[],
    { previous }: { previous?: ContextReport } = {},
  ): Promise<ContextReport> {
    const { maxContextMessages, maxContextTokens, tools, readPrompt } = this.#settings;
    const { system, sections } = await readPrompt();
    const context = fitContext(buildContext(messages, maxContextMessages), maxContextTokens);
    return explainRequest(toRequest(system, context, tools, true), sections, previous);
  }
}

function resolveSettings(options: AgentRuntimeOptions, tools: ReadonlyMap<string, Tool>): RunSettings {
  const { provider, fallbacks = [], onError = () => {}, now = Date.now } = options;
  const count = (name: keyof typeof agentDefaults) => checkCount(name, options[name] ?? agentDefaults[name]);
  return {
    ...resolveBrakes(options),
    providers: [provider, ...fallbacks],
    tools,
    prices: checkPrices(options.prices ?? {}),
    readPrompt: promptReader(options, tools, count("dailyLogDays"), now),
    maxContextMessages: count("maxContextMessages"),
    maxContextTokens: count("maxContextTokens"),
    maxParallelTools: Math.max(1, count("maxParallelTools")),
    approval: options.approval ?? (() => undefined),
    sessionApprovals: createSessionApprovals(),
    approvalTimeoutMs: count("approvalTimeoutMs"),
    toolTimeoutMs: count("toolTimeoutMs"),
    maxToolOutputChars: count("maxToolOutputChars"),
    maxRetries: count("maxRetries"),
    retryBaseMs: count("retryBaseMs"),
    retryMaxMs: count("retryMaxMs"),
    idleTimeoutMs: count("idleTimeoutMs"),
    random: Math.random,
    aroundTool: (_, work) => work(),
    onError,
    createId: uuidv7,
    now,
  };
}

function promptReader(
  options: AgentRuntimeOptions,
  tools: ReadonlyMap<string, Tool>,
  dailyLogDays: number,
  now: () => number,
): () => Promise<Prompt> {
  const { systemPrompt, identity, workspaceDir } = options;
  if (systemPrompt) {
    return async () => {
      const system = await systemPrompt();
      return { system, sections: [{ title: "System prompt", source: "options", text: system.stable }] };
    };
  }
  const memory = options.memory ?? (workspaceDir ? new MemoryManager({ workspaceDir, now }) : undefined);
  const skills = options.skills ?? (workspaceDir ? new SkillsLoader({ workspaceDir }) : undefined);
  return async () => {
    const sections = await readPromptSections({
      ...(identity !== undefined && { identity }),
      ...(workspaceDir !== undefined && { workspaceDir }),
      ...(memory && { memory }),
      ...(skills && { skills }),
      tools: [...tools.values()],
      dailyLogDays,
    });
    return { system: toSystemPrompt(sections, now()), sections };
  };
}
