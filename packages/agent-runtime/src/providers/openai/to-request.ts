import type { AssistantMessage, Message, ModelRequest, UserMessage } from "@mini-openclaw/protocol";
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionContentPart,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from "openai/resources/chat/completions";
import { toApiName } from "../tool-call.ts";
import { placeVolatile } from "../volatile-context.ts";

/** The limit of an answer's tokens, under the name that the server knows. */
export type TokenLimit = Pick<ChatCompletionCreateParamsStreaming, "max_tokens" | "max_completion_tokens">;

/**
 * The request in the form of Chat Completions. Servers cache by common beginnings on their own: stable prompt and history
 * come first.
 */
export function toRequest(
  request: ModelRequest,
  options: { model: string } & TokenLimit,
): ChatCompletionCreateParamsStreaming {
  const { system, tools, toolChoice } = request;
  return {
    ...options,
    stream: true,
    stream_options: { include_usage: true },
    messages: [
      ...(system.stable === "" ? [] : [{ role: "system" as const, content: system.stable }]),
      ...placeVolatile(request).flatMap(toParam),
    ],
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({
        type: "function" as const,
        function: { name, description, parameters: inputSchema },
      })),
      tool_choice: toolChoice,
    }),
  };
}

function toParam(message: Message): ChatCompletionMessageParam[] {
  switch (message.role) {
    case "user":
      return [{ role: "user", content: userContent(message) }];
    case "assistant":
      return assistantParam(message);
    case "tool":
      // There is no field for failure; the text says it.
      return [{ role: "tool", tool_call_id: message.callId, content: message.content }];
    case "system":
      // Many chat templates take a system message in the first place only.
      return [{ role: "user", content: `[system] ${message.content}` }];
  }
}

function userContent({ content, blocks }: UserMessage): string | ChatCompletionContentPart[] {
  if (!blocks?.some(({ type }) => type === "image")) return content;
  return blocks.flatMap((block): ChatCompletionContentPart[] => {
    if (block.type === "text") return [{ type: "text", text: block.text }];
    if (block.type !== "image") return [];
    return [{ type: "image_url", image_url: { url: `data:${block.mediaType};base64,${block.data}` } }];
  });
}

/** Thinking is left out: these servers do not want it back. */
function assistantParam({
  content,
  toolCalls = [],
}: AssistantMessage): ChatCompletionAssistantMessageParam[] {
  const calls = toolCalls.map(({ callId = "", toolName, input }) => ({
    id: callId,
    type: "function" as const,
    function: { name: toApiName(toolName), arguments: JSON.stringify(input) },
  }));
  return [{ role: "assistant", content, ...(calls.length > 0 && { tool_calls: calls }) }];
}
