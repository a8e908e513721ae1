import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessageChunk, type BaseMessage } from "@langchain/core/messages";
import { ChatGenerationChunk, type ChatResult } from "@langchain/core/outputs";
import { MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { RunEvent } from "@mini-openclaw/protocol";

const usage_metadata = {
  input_tokens: 10,
  output_tokens: 5,
  total_tokens: 15,
  input_token_details: { cache_read: 3, cache_creation: 1 },
};
// The type of usage differs by the version of a message's content.
export const chunkOf = (fields: object) => new AIMessageChunk(fields as { content: string });
export const says = (...pieces: string[]) => [
  ...pieces.map((content) => chunkOf({ content })),
  chunkOf({ content: "", usage_metadata }),
];
export const calls = (...names: string[]) => [
  ...names.flatMap((name, index) => [
    chunkOf({
      content: "",
      tool_call_chunks: [{ id: `call-${index}`, name, args: '{"of":', index }],
    }),
    chunkOf({ content: "", tool_call_chunks: [{ args: '"x"}', index }] }),
  ]),
  chunkOf({ content: "", usage_metadata }),
];

/** A model that answers tool results with the last chunks, and other messages with the first. */
export class ScriptedModel extends BaseChatModel {
  readonly prompts: BaseMessage[][] = [];
  readonly #first: AIMessageChunk[];
  readonly #last: AIMessageChunk[];
  readonly #hangs: boolean;

  constructor(first: AIMessageChunk[], { last = says("Do", "ne."), hangs = false } = {}) {
    super({});
    this.#first = first;
    this.#last = last;
    this.#hangs = hangs;
  }

  _llmType(): string {
    return "scripted";
  }

  override bindTools(): this {
    return this;
  }

  async _generate(
    ...[messages, options, manager]: Parameters<BaseChatModel["_generate"]>
  ): Promise<ChatResult> {
    let all: ChatGenerationChunk | undefined;
    for await (const chunk of this._streamResponseChunks(messages, options, manager))
      all = all ? all.concat(chunk) : chunk;
    if (!all) throw new Error("The script is empty.");
    return { generations: [{ text: all.text, message: all.message }] };
  }

  override async *_streamResponseChunks(
    ...[messages, options, manager]: Parameters<BaseChatModel["_streamResponseChunks"]>
  ): AsyncGenerator<ChatGenerationChunk> {
    this.prompts.push(messages);
    const isAnswered = messages.at(-1)?.type === "tool";
    const chunks = isAnswered ? this.#last : this.#first;
    for (const { content, tool_call_chunks, usage_metadata: usage } of chunks) {
      // A chunk gets the id of its answer.
      const message = chunkOf({ content, tool_call_chunks, usage_metadata: usage });
      const text = typeof message.content === "string" ? message.content : "";
      const chunk = new ChatGenerationChunk({ text, message });
      yield chunk;
      await manager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
    }
    if (!this.#hangs) return;
    await new Promise((_resolve, reject) => {
      options.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
  }
}

/** A model whose pieces come as they are written. */
export class LiveModel extends ScriptedModel {
  readonly #pieces: () => AsyncIterable<string>;
  readonly #onWritten: (piece: string) => void;

  constructor(pieces: () => AsyncIterable<string>, onWritten: (piece: string) => void) {
    super([]);
    this.#pieces = pieces;
    this.#onWritten = onWritten;
  }

  override async *_streamResponseChunks(
    ...[, , manager]: Parameters<BaseChatModel["_streamResponseChunks"]>
  ): AsyncGenerator<ChatGenerationChunk> {
    for await (const text of this.#pieces()) {
      const chunk = new ChatGenerationChunk({ text, message: chunkOf({ content: text }) });
      yield chunk;
      await manager?.handleLLMNewToken(text, undefined, undefined, undefined, undefined, { chunk });
      this.#onWritten(text);
    }
  }
}

/** A graph whose first model is a node, beside a subgraph of the others one after the other. */
export function branches(
  [first, ...others]: [name: string, pieces: () => AsyncIterable<string>][],
  onWritten: (piece: string) => void = () => undefined,
) {
  const answer = (pieces: () => AsyncIterable<string>) => async (state: { messages: BaseMessage[] }) => ({
    messages: [await new LiveModel(pieces, onWritten).invoke(state.messages)],
  });
  if (!first) throw new Error("There are no branches.");
  const graph = new StateGraph(MessagesAnnotation).addNode("first", answer(first[1])).addEdge(START, "first");
  if (others.length === 0) return graph.compile();
  const nodes = others.map(([name, pieces]) => [name, answer(pieces)] as [string, ReturnType<typeof answer>]);
  const beside = new StateGraph(MessagesAnnotation)
    .addSequence(nodes)
    .addEdge(START, others[0]?.[0] as never);
  return graph.addNode("beside", beside.compile()).addEdge(START, "beside").compile();
}

export const resultsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "tool_done" ? [[event.toolName, event.output]] : []));
