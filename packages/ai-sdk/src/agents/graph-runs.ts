import { addUsage, noUsage, type Usage } from "@mini-openclaw/protocol";
import { type GraphMessage, isGraphMessage, toUsage } from "./graph-messages.ts";

/** A call of a model in a graph. */
export interface ModelRun {
  /** The tool run that the model is a part of. */
  readonly tool: ToolRun | undefined;
  /** The run of the graph that the model is a node of. */
  readonly graph: string | undefined;
  /** The pieces that the model has written, and those that were read from the graph's stream. */
  written: number;
  read: number;
  isOver: boolean;
}

/** A run of a tool in a graph. */
export interface ToolRun {
  /** The tool call, since `@langchain/core` 1.1.28. */
  readonly callId: string | undefined;
  /** The task of the tool, in the form of {@link ModelRun}'s pieces. */
  readonly task: string;
}

/** Follows the models and the tools of a graph by its callbacks. */
export class GraphRuns {
  readonly #onTool: (tool: ToolRun) => Promise<void>;
  readonly #parents = new Map<string, string | undefined>();
  /** The runs of nodes. Each is a part of the run of a graph. */
  readonly #nodes = new Set<string>();
  readonly #tools = new Map<string, ToolRun>();
  readonly #models = new Map<string, ModelRun>();
  readonly #byPiece = new WeakMap<object, ModelRun>();
  readonly #answers: GraphMessage[] = [];
  #usage: Usage = noUsage;

  /** A tool runs when the promise of `onTool` resolves. Tools of tools are not reported. */
  constructor(onTool: (tool: ToolRun) => Promise<void>) {
    this.#onTool = onTool;
  }

  /** The usage of all models that are over. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Returns true for a message of a model whose usage is counted. */
  hasCounted({ id }: GraphMessage): boolean {
    return id !== undefined && this.#answers.some((answer) => answer.id === id);
  }

  /** Returns the run of a piece of a message, and counts the piece as read. */
  readPiece(piece: object): ModelRun | undefined {
    const run = this.#byPiece.get(piece);
    if (run) run.read += 1;
    return run;
  }

  /** Creates the handler for `callbacks` of a graph's configuration. */
  createHandler(): object {
    return {
      name: "mini-openclaw",
      awaitHandlers: true,
      handleChainStart: (
        _chain: unknown,
        _inputs: unknown,
        runId: string,
        parentRunId?: string,
        _tags?: unknown,
        metadata?: Record<string, unknown>,
        _type?: unknown,
        name?: string,
      ) => {
        this.#parents.set(runId, parentRunId);
        if (name !== undefined && name === metadata?.["langgraph_node"]) this.#nodes.add(runId);
      },
      handleChatModelStart: (_model: unknown, _messages: unknown, runId: string, parentRunId?: string) => {
        const [tool, graph] = [this.#toolOf(parentRunId), this.#graphOf(parentRunId)];
        this.#models.set(runId, { tool, graph, written: 0, read: 0, isOver: false });
      },
      handleLLMNewToken: (
        _text: string,
        _index: unknown,
        runId: string,
        _parent: unknown,
        _tags: unknown,
        { chunk }: { chunk?: { message?: object } } = {},
      ) => {
        const run = this.#models.get(runId);
        if (!run || !chunk?.message) return;
        run.written += 1;
        this.#byPiece.set(chunk.message, run);
      },
      handleLLMEnd: ({ generations }: { generations?: { message?: unknown }[][] }, runId: string) => {
        this.#endModel(runId);
        const message = generations?.[0]?.[0]?.message;
        if (!isGraphMessage(message)) return;
        this.#answers.push(message);
        this.#usage = addUsage(this.#usage, toUsage(message.usage_metadata));
      },
      handleLLMError: (_error: unknown, runId: string) => this.#endModel(runId),
      handleToolStart: async (
        _tool: unknown,
        _input: unknown,
        runId: string,
        parentRunId?: string,
        _tags?: unknown,
        metadata?: Record<string, unknown>,
        _name?: unknown,
        callId?: string,
      ) => {
        this.#parents.set(runId, parentRunId);
        const isOfTool = this.#toolOf(parentRunId) !== undefined;
        const tool = { callId, task: String(metadata?.["langgraph_checkpoint_ns"]) };
        this.#tools.set(runId, tool);
        if (!isOfTool) await this.#onTool(tool);
      },
    };
  }

  #endModel(runId: string): void {
    const run = this.#models.get(runId);
    if (run) run.isOver = true;
  }

  /** Returns the outermost tool around a run. */
  #toolOf(runId: string | undefined): ToolRun | undefined {
    let tool: ToolRun | undefined;
    for (let id = runId; id !== undefined; id = this.#parents.get(id)) tool = this.#tools.get(id) ?? tool;
    return tool;
  }

  /** Returns the innermost graph around a run. */
  #graphOf(runId: string | undefined): string | undefined {
    for (let id = runId; id !== undefined; id = this.#parents.get(id))
      if (this.#nodes.has(id)) return this.#parents.get(id);
    return undefined;
  }
}
