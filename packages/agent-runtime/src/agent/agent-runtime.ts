import type { AgentInput, AgentRunner, Message, RunEvent } from "@mini-openclaw/protocol";
import { buildContext } from "../context/context.ts";
import { type ContextReport, explainRequest } from "../context/explain-request.ts";
import { fitContext } from "../context/fit-context.ts";
import { HookDispatcher } from "../observe/hook-dispatcher.ts";
import { observeRun } from "../observe/observe-run.ts";
import { isCompactionDue, neededMessages } from "../run/compaction-due.ts";
import type { RunSettings } from "../run/run-settings.ts";
import { modelTools, toModelRequest } from "../run/turn-state.ts";
import { checkKnown } from "../shared/check-options.ts";
import { AgentError } from "../shared/errors.ts";
import { type Tool, type ToolDefinition, type ToolSource, toTool } from "../tool-calls/define-tool.ts";
import type { AgentRuntimeOptions } from "./agent-options.ts";
import { checkInput } from "./check-input.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { readTools } from "./tool-texts.ts";

/** Runs an agent: streams from a model, runs the tools it asks for. Keeps nothing between runs. */
export class AgentRuntime implements AgentRunner {
  readonly #tools = new Map<string, Tool>();
  readonly #sources: readonly ToolSource[];
  /** Names of the tools that came from `#sources`. */
  readonly #sourced = new Set<string>();
  readonly #settings: RunSettings;
  readonly #hooks: HookDispatcher;

  /** @throws AgentError `INVALID_OPTION`, `INVALID_TOOL` */
  constructor(options: AgentRuntimeOptions) {
    this.#settings = resolveSettings(options, this.#tools);
    this.#hooks = new HookDispatcher(options, this.#settings.onError);
    for (const tool of options.tools ?? []) this.registerTool(tool);
    this.#sources = options.toolSources ?? [];
    this.#readSources();
  }

  /**
   * Adds a tool to the agent, from its next run on.
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
   * One run. The new user message is the last of `input.messages`. Nothing is added to them.
   *
   * Several runs may go on at once. Ends in exactly one `run_end`. No read of its events throws.
   *
   * @throws AgentError `INVALID_OPTION` at once, if the input is none
   */
  run(input: AgentInput): AsyncIterableIterator<RunEvent, void, void> {
    checkInput(input);
    this.#readSources();
    return observeRun(input, this.#settingsFor(input), this.#hooks);
  }

  /** Returns the settings of a run, with its own model in front of the others. */
  #settingsFor({ model }: AgentInput): RunSettings {
    const { providers } = this.#settings;
    const own = providers.find((provider) => provider.model === model);
    if (!own) return this.#settings;
    return { ...this.#settings, providers: [own, ...providers.filter((provider) => provider !== own)] };
  }

  /** Replaces the tools of the sources by those that they have now. Runs that go on keep theirs. */
  #readSources(): void {
    for (const name of this.#sourced) this.#tools.delete(name);
    this.#sourced.clear();
    for (const definition of this.#sources.flatMap((source) => readTools(source, this.#settings.onError))) {
      try {
        this.registerTool(definition);
        this.#sourced.add(definition.name);
      } catch (error) {
        this.#settings.onError(error);
      }
    }
  }

  /** Ends what tools still do, such as commands in the background. Start no run afterwards. */
  async close(): Promise<void> {
    const definitions = [...this.#tools.values()].map(({ definition }) => definition);
    await Promise.allSettled([...definitions, ...this.#sources].map(async (one) => one.close?.()));
  }

  /**
   * Number of a session's newest messages that a run needs. With `compactAtShare` the last summary
   * is among them.
   */
  get neededMessages(): number {
    return neededMessages(this.#settings);
  }

  /**
   * Returns the first request of a run on these messages: every section with its size and source.
   * With an earlier report, the first difference is the end of the model server's cache. With a
   * `sessionId`, the messages begin where the session's latest run began.
   *
   * Asks no model and changes nothing.
   */
  async explainContext(
    messages: readonly Message[],
    options: { previous?: ContextReport; sessionId?: string } = {},
  ): Promise<ContextReport> {
    checkKnown("explainContext", options, { previous: true, sessionId: true });
    const { previous, sessionId = "" } = options;
    const { maxContextMessages, contextWindow, windowStarts, providers, tools, readPrompt } = this.#settings;
    const { system, sections } = await readPrompt();
    const maxTokens = contextWindow.limitFor(providers[0].model, sessionId);
    const window = buildContext(messages, maxContextMessages, windowStarts.find(sessionId, messages));
    const context = fitContext(window, maxTokens).messages;
    const request = toModelRequest(system, context, modelTools(tools), "allowed");
    const report = explainRequest(request, sections, previous);
    return { ...report, isCompactionDue: isCompactionDue(messages, sessionId, this.#settings) };
  }
}
