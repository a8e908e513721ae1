import type { ModelProvider } from "@mini-openclaw/protocol";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { refusalsOf } from "../anthropic/accepted.ts";
import { chatRefusalsOf } from "../openai/accepted.ts";

type Json = Record<string, unknown>;

/** The answer of a model: what it thinks, calls, and writes. */
export interface ModelAnswer {
  thinking?: string;
  calls?: readonly { name: string; input: Json }[];
  text?: string;
  stop?: "cut" | "refused";
}

/** A server that refuses what the real one refuses, and answers in its form. */
export interface StrictServer {
  name: string;
  /** The page or report that the rule comes from. */
  source: string;
  create(baseURL: string): ModelProvider;
  /** Returns the status and the words of a refusal, as the real server sends them. */
  refuse(body: Json): [status: number, body: unknown] | undefined;
  /** Returns the events of a stream. */
  answer(answer: ModelAnswer, body: Json, count: number): unknown[];
}

interface ChatMessage {
  role: string;
  content?: unknown;
  tool_calls?: (Json & { id: string })[];
  tool_call_id?: string;
  [field: string]: unknown;
}

const chatMessages = (body: Json) => body["messages"] as ChatMessage[];
const openAIError = (message: string, fields: Json = {}) => ({
  error: { message, type: "invalid_request_error", param: null, code: null, ...fields },
});

/** Refuses what no server of Chat Completions takes: calls without results, empty ids. */
function pairs(body: Json): [number, unknown] | undefined {
  const faults = chatRefusalsOf({ body, headers: {} }).filter((fault) => /^calls|name|arguments/.test(fault));
  return faults[0] === undefined ? undefined : [400, openAIError(faults[0])];
}

interface ChatForm {
  field?: "reasoning_content" | "reasoning";
  tags?: boolean;
  details?: boolean;
  extra?: Json;
  ids?: (count: number, index: number) => string | undefined;
  isWithoutDone?: boolean;
  isWithoutUsage?: boolean;
  parts?: boolean;
  last?: unknown;
}

function chatAnswer(form: ChatForm): StrictServer["answer"] {
  const { field, tags, details, extra, ids = (count, index) => `call_${count}_${index}` } = form;
  return ({ thinking, calls = [], text, stop }, _body, count) => {
    const deltas: Json[] = [{ role: "assistant", content: "" }];
    if (thinking && field) deltas.push({ [field]: thinking });
    if (thinking && details)
      deltas.push({
        reasoning_details: [{ type: "reasoning.text", text: thinking, index: 0, signature: "s" }],
      });
    if (thinking && tags) deltas.push({ content: "<thi" }, { content: `nk>${thinking}</think>\n\n` });
    if (thinking && form.parts)
      deltas.push({ content: [{ type: "thinking", thinking: [{ type: "text", text: thinking }] }] });
    if (text) deltas.push(form.parts ? { content: [{ type: "text", text }] } : { content: text });
    for (const [index, { name, input }] of calls.entries()) {
      const id = ids(count, index);
      const called = { name, arguments: JSON.stringify(input) };
      deltas.push({
        tool_calls: [
          { index, ...(id !== undefined && { id }), type: "function", function: called, ...extra },
        ],
      });
    }
    const reasons = { cut: "length", refused: "content_filter" };
    const finish_reason = stop ? reasons[stop] : calls.length > 0 ? "tool_calls" : "stop";
    const usage = { prompt_tokens: 20, completion_tokens: 5 };
    return [
      ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
      form.last ?? { choices: [{ index: 0, delta: {}, finish_reason }] },
      ...(form.isWithoutUsage ? [] : [{ choices: [], usage }]),
      ...(form.isWithoutDone ? [] : ["[DONE]"]),
    ];
  };
}

interface MessageBlock extends Json {
  type: string;
  signature?: string;
}

const messageBlocks = (body: Json) =>
  (body["messages"] as { role: string; content: MessageBlock[] }[]).map(({ role, content }) => ({
    role,
    content,
  }));
const anthropicError = (message: string) => ({
  type: "error",
  error: { type: "invalid_request_error", message },
});

/** Signatures of a model name the model, so that a foreign one is known. */
function messagesAnswer(form: {
  signs: boolean;
  index?: (index: number) => number;
  done?: boolean;
}): StrictServer["answer"] {
  return ({ thinking, calls = [], text, stop }, body, count) => {
    const blocks: Json[] = [];
    const signature = form.signs ? `${String(body["model"])}:${count}` : "";
    if (thinking) blocks.push({ type: "thinking", thinking, signature });
    if (text) blocks.push({ type: "text", text });
    for (const [index, { name, input }] of calls.entries()) {
      blocks.push({ type: "tool_use", id: `toolu_${count}_${index}`, name, input });
    }
    const reasons = { cut: "max_tokens", refused: "refusal" };
    const stop_reason = stop ? reasons[stop] : calls.length > 0 ? "tool_use" : "end_turn";
    const indexOf = form.index ?? ((index: number) => index);
    return [
      { type: "message_start", message: { usage: { input_tokens: 20, output_tokens: 1 } } },
      ...blocks.flatMap((content_block, index) => [
        { type: "content_block_start", index: indexOf(index), content_block },
        { type: "content_block_stop", index: indexOf(index) },
      ]),
      { type: "message_delta", delta: { stop_reason }, usage: { output_tokens: 5 } },
      { type: "message_stop" },
      ...(form.done ? ["[DONE]"] : []),
    ];
  };
}

function refuseMessages(body: Json): [number, unknown] | undefined {
  const [fault] = refusalsOf({ body, headers: {} });
  return fault === undefined ? undefined : [400, anthropicError(fault)];
}

const apiKey = "key";
const without = (messages: readonly ChatMessage[], field: string) =>
  messages.findIndex((one) => one.role === "assistant" && one.tool_calls && !one[field]);

export const servers: readonly StrictServer[] = [
  {
    name: "Anthropic",
    source: "https://platform.claude.com/docs/en/build-with-claude/preserved-thinking",
    create: (baseURL) => createAnthropicProvider({ apiKey, model: "claude-sonnet-5-5", baseURL }),
    refuse(body) {
      const thinking = messageBlocks(body).flatMap(({ content }) =>
        content.filter(({ type }) => type === "thinking"),
      );
      if (thinking.some(({ signature }) => !signature?.startsWith("claude-sonnet-5-5:"))) {
        return [400, anthropicError("messages.1.content.0: Invalid `signature` in `thinking` block")];
      }
      return refuseMessages(body);
    },
    answer: messagesAnswer({ signs: true }),
  },
  {
    name: "Anthropic with manual thinking",
    source: "https://platform.claude.com/docs/en/build-with-claude/extended-thinking",
    create: (baseURL) =>
      createAnthropicProvider({
        apiKey,
        model: "claude-haiku-4-5",
        baseURL,
        thinking: { type: "enabled", budget_tokens: 2000 },
      }),
    refuse(body) {
      const turns = messageBlocks(body);
      const { type } = body["thinking"] as Json;
      const isLoop = turns.at(-1)?.content.some((block) => block.type === "tool_result") === true;
      const first = turns.at(-2)?.content[0]?.type ?? "";
      if (isLoop && type === "enabled" && !/thinking/.test(first)) {
        return [
          400,
          anthropicError(`Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`.`),
        ];
      }
      const thinking = turns.flatMap(({ content }) => content.filter((block) => block.type === "thinking"));
      if (thinking.some(({ signature }) => !signature?.startsWith("claude-haiku-4-5:"))) {
        return [400, anthropicError("messages.1.content.0: Invalid `signature` in `thinking` block")];
      }
      return refuseMessages(body);
    },
    answer: (answer, body, count) => {
      const isOn = (body["thinking"] as Json)["type"] === "enabled";
      const { thinking: _, ...plain } = answer;
      return messagesAnswer({ signs: true })(isOn ? { thinking: "Hm.", ...answer } : plain, body, count);
    },
  },
  {
    name: "DeepSeek, Chat Completions",
    source: "https://api-docs.deepseek.com/guides/thinking_mode",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "deepseek-v4-pro", baseURL }),
    refuse(body) {
      const isMissing = without(chatMessages(body), "reasoning_content") !== -1;
      const message = "The `reasoning_content` in the thinking mode must be passed back to the API.";
      return isMissing ? [400, openAIError(message)] : pairs(body);
    },
    answer: chatAnswer({ field: "reasoning_content" }),
  },
  {
    name: "DeepSeek, Messages",
    source: "NousResearch/hermes-agent#22313",
    create: (baseURL) => createAnthropicProvider({ apiKey, model: "deepseek-v4-flash", baseURL }),
    refuse(body) {
      const isMissing = messageBlocks(body).some(
        ({ role, content }) =>
          role === "assistant" &&
          content.some(({ type }) => type === "tool_use") &&
          !content.some(({ type }) => type === "thinking"),
      );
      const message = "The `content[].thinking` in the thinking mode must be passed back to the API.";
      return isMissing ? [400, anthropicError(message)] : refuseMessages(body);
    },
    answer: messagesAnswer({ signs: false }),
  },
  {
    name: "Kimi",
    source: "charmbracelet/crush#2696",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "kimi-k2.6", baseURL }),
    refuse(body) {
      const index = without(chatMessages(body), "reasoning_content");
      const message = `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${index}`;
      return index === -1 ? pairs(body) : [400, openAIError(message)];
    },
    answer: chatAnswer({ field: "reasoning_content", ids: (count, index) => `note:${count + index}` }),
  },
  {
    name: "GLM",
    source: "https://docs.z.ai/guides/capabilities/thinking-mode",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "glm-5", baseURL }),
    refuse: pairs,
    answer: chatAnswer({ field: "reasoning_content" }),
  },
  {
    name: "Qwen on vLLM",
    source: "https://docs.vllm.ai/en/latest/features/reasoning_outputs.html",
    create: (baseURL) => createOpenAIProvider({ model: "qwen3", baseURL }),
    refuse: pairs,
    answer: chatAnswer({ field: "reasoning" }),
  },
  {
    name: "Mistral",
    source: "zed-industries/zed#37021",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "magistral-medium", baseURL }),
    refuse(body) {
      const messages = chatMessages(body);
      const refused = (message: string) => [
        400,
        { object: "error", message, type: "invalid_request_message_order" },
      ];
      const [fault] = chatRefusalsOf({ body, headers: {} });
      if (fault !== undefined) return refused(fault) as [number, unknown];
      const extra = messages.findIndex((one) => "reasoning_content" in one || "reasoning" in one);
      if (extra !== -1) {
        const loc = ["body", "messages", extra, "assistant", "reasoning_content"];
        return [422, { detail: [{ type: "extra_forbidden", loc, msg: "Extra inputs are not permitted" }] }];
      }
      const ids = messages.flatMap((one) => (one.tool_calls ?? []).map(({ id }) => id));
      const bad = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(id));
      const message = `Tool call id was ${bad} but must be a-z, A-Z, 0-9, with a length of 9.`;
      return bad === undefined ? undefined : (refused(message) as [number, unknown]);
    },
    answer: chatAnswer({
      parts: true,
      ids: (count, index) => `abcde${1000 + count * 10 + index}`.slice(0, 9),
    }),
  },
  {
    name: "Gemma on vLLM",
    source: "vllm-project/vllm#6862",
    create: (baseURL) => createOpenAIProvider({ model: "gemma-3", baseURL }),
    refuse(body) {
      const [fault] = chatRefusalsOf({ body, headers: {} });
      const message = "Conversation roles must alternate user/assistant/user/assistant/...";
      return fault === undefined
        ? undefined
        : [400, { object: "error", message: `${message} (${fault})`, code: 400 }];
    },
    answer: chatAnswer({}),
  },
  {
    name: "Ollama",
    source: "ollama/ollama#11171",
    create: (baseURL) => createOpenAIProvider({ model: "qwen3:8b", baseURL }),
    refuse: pairs,
    answer: chatAnswer({ field: "reasoning", isWithoutDone: true }),
  },
  {
    name: "LM Studio and llama.cpp",
    source: "ggml-org/llama.cpp, tools/server: no reasoning format",
    create: (baseURL) => createOpenAIProvider({ model: "local", baseURL }),
    refuse: pairs,
    answer: chatAnswer({ tags: true, isWithoutUsage: true, ids: () => undefined }),
  },
  {
    name: "OpenAI, Chat Completions",
    source: "BerriAI/litellm#34569",
    create: (baseURL) =>
      createOpenAIProvider({ apiKey, model: "gpt-6", baseURL, effort: "none", maxTokens: 4000 }),
    refuse(body) {
      if ("max_tokens" in body) {
        const message =
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
        return [400, openAIError(message, { param: "max_tokens", code: "unsupported_parameter" })];
      }
      if (body["tools"] && body["reasoning_effort"] !== "none") {
        return [400, openAIError("Function tools with reasoning_effort are not supported for this model.")];
      }
      return pairs(body);
    },
    answer: chatAnswer({}),
  },
  {
    name: "OpenAI, Responses",
    source: "https://platform.openai.com/docs/guides/reasoning",
    create: (baseURL) => createOpenAIResponsesProvider({ apiKey, model: "gpt-6-codex", baseURL }),
    refuse(body) {
      const input = body["input"] as Json[];
      const refused = (message: string): [number, unknown] => [400, openAIError(message)];
      for (const [index, item] of input.entries()) {
        if (item["type"] === "reasoning") {
          if (!String(item["encrypted_content"]).startsWith("gpt-6-codex:"))
            return refused("encrypted content");
          const next = input[index + 1];
          const isFollowed = next?.["type"] === "function_call" || next?.["role"] === "assistant";
          if (!isFollowed)
            return refused("Item of type 'reasoning' was provided without its required following item.");
        }
        if (item["type"] !== "function_call") continue;
        const results = input.filter((one) => one["call_id"] === item["call_id"]);
        if (results.length !== 2)
          return refused(`No tool output found for function call ${String(item["call_id"])}.`);
      }
      return undefined;
    },
    answer({ thinking, calls = [], text, stop }, body, count) {
      const output: Json[] = [];
      if (thinking) {
        const summary = [{ type: "summary_text", text: thinking }];
        output.push({
          type: "reasoning",
          id: `rs_${count}`,
          summary,
          encrypted_content: `${String(body["model"])}:${count}`,
        });
      }
      if (text) output.push({ type: "message", role: "assistant", content: [{ type: "output_text", text }] });
      for (const [index, { name, input }] of calls.entries()) {
        output.push({
          type: "function_call",
          call_id: `fc_${count}_${index}`,
          name,
          arguments: JSON.stringify(input),
        });
      }
      const reasons = { cut: "max_output_tokens", refused: "content_filter" };
      const incomplete_details = stop ? { reason: reasons[stop] } : null;
      const usage = { input_tokens: 20, output_tokens: 5 };
      return [
        { type: "response.created", response: { status: "in_progress" } },
        ...output.flatMap((item, output_index) => [
          { type: "response.output_item.added", output_index, item: { ...item, content: [], arguments: "" } },
          { type: "response.output_item.done", output_index, item },
        ]),
        {
          type: stop ? "response.incomplete" : "response.completed",
          response: { status: stop ? "incomplete" : "completed", incomplete_details, usage },
        },
      ];
    },
  },
  {
    name: "Azure",
    source: "https://learn.microsoft.com/azure/ai-foundry/openai/how-to/reasoning",
    create: (baseURL) =>
      createOpenAIProvider({
        apiKey,
        model: "gpt-5",
        baseURL,
        maxTokens: 4000,
        query: { "api-version": "v1" },
      }),
    refuse(body) {
      const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
      return "max_tokens" in body ? [400, openAIError(message)] : pairs(body);
    },
    answer: (answer, body, count) => [
      { choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      ...chatAnswer({})(answer, body, count),
    ],
  },
  {
    name: "Groq",
    source: "https://console.groq.com/docs/tool-use",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "gpt-oss-120b", baseURL }),
    refuse(body) {
      const index = chatMessages(body).findIndex((one) => "reasoning_content" in one);
      const message = `'messages.${index}' : for 'role:assistant' the following must be satisfied[('messages.${index}' : property 'reasoning_content' is unsupported)]`;
      return index === -1 ? pairs(body) : [400, openAIError(message)];
    },
    answer: chatAnswer({ field: "reasoning" }),
  },
  {
    name: "Gemini",
    source: "https://ai.google.dev/gemini-api/docs/thought-signatures",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "gemini-3-pro", baseURL }),
    refuse(body) {
      const messages = chatMessages(body);
      const question = messages.findLastIndex(({ role }) => role === "user");
      const isUnsigned = messages
        .slice(question + 1)
        .some((one) => one.tool_calls?.[0] && !one.tool_calls[0]["extra_content"]);
      const message = "Function call is missing a thought_signature in functionCall parts.";
      return isUnsigned
        ? [400, [{ error: { code: 400, message, status: "INVALID_ARGUMENT" } }]]
        : pairs(body);
    },
    answer: chatAnswer({ extra: { extra_content: { google: { thought_signature: "c2ln" } } } }),
  },
  {
    name: "OpenRouter",
    source: "https://openrouter.ai/docs/guides/best-practices/reasoning-tokens",
    create: (baseURL) => createOpenAIProvider({ apiKey, model: "anthropic/claude-sonnet-5.5", baseURL }),
    refuse: pairs,
    answer: chatAnswer({ field: "reasoning", details: true }),
  },
  {
    name: "claude-code-router",
    source: "musistudio/claude-code-router#1144",
    create: (baseURL) => createAnthropicProvider({ apiKey, model: "routed", baseURL }),
    refuse: refuseMessages,
    answer: messagesAnswer({ signs: false, index: () => 0, done: true }),
  },
];
