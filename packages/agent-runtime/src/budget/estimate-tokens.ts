import {
  type AssistantMessage,
  describeFile,
  type FileBlock,
  fileBytes,
  isFile,
  type Message,
  type ModelRequest,
  type ModelTool,
} from "@mini-openclaw/protocol";

/**
 * Roughly how many tokens a text costs: a quarter of its UTF-8 bytes, which is close for English
 * and Chinese alike and a third too high for code. Only the model's server knows.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** As {@link estimateTokens}, of all that a model is shown of the messages. */
export function estimateMessages(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + estimateMessage(message), 0);
}

/** As {@link estimateTokens}, of a whole request: its tools, its prompt, its messages. */
export function estimateRequest({ system, tools, messages }: ModelRequest): number {
  const prompt = estimateTokens(system.stable) + estimateTokens(system.volatile);
  return tools.reduce((sum, tool) => sum + estimateTool(tool), 0) + prompt + estimateMessages(messages);
}

/** Tools by their tokens. Their schemas are large, and the same in all requests of an agent. */
const toolTokens = new WeakMap<ModelTool, number>();

function estimateTool(tool: ModelTool): number {
  const known = toolTokens.get(tool);
  if (known !== undefined) return known;
  const tokens = estimateTokens(JSON.stringify(tool));
  toolTokens.set(tool, tokens);
  return tokens;
}

export function estimateMessage(message: Message): number {
  const inputs = message.role === "assistant" ? estimateCalls(message) : 0;
  return estimateTokens(message.content) + inputs + estimateBlocks(message);
}

function estimateCalls({ toolCalls = [] }: AssistantMessage): number {
  return toolCalls.length === 0 ? 0 : estimateTokens(JSON.stringify(toolCalls.map(({ input }) => input)));
}

/**
 * An image costs about its pixels by 750, and at most 1,600 tokens. Source: the Messages API's
 * guide to vision.
 */
const IMAGE_TOKENS = 1600;

/**
 * A page of a PDF costs about 3,000 tokens, and often has about 100 kB. Source: the Messages API's
 * guide to PDF support.
 */
const PDF_BYTES_PER_TOKEN = 33;

function estimateBlocks(message: Message): number {
  if (!("blocks" in message) || !message.blocks) return 0;
  return message.blocks.reduce((sum, block) => {
    if (block.type === "thinking") return sum + estimateTokens(block.text);
    return isFile(block) ? sum + estimateFile(block) : sum;
  }, 0);
}

/** A file without its bytes is a line. */
function estimateFile(file: FileBlock): number {
  if (file.data === undefined) return estimateTokens(describeFile(file));
  if (file.type === "image") return IMAGE_TOKENS;
  const bytes = fileBytes(file);
  if (file.mediaType === "text/plain") return Math.ceil(bytes / 4);
  return Math.max(IMAGE_TOKENS, Math.ceil(bytes / PDF_BYTES_PER_TOKEN));
}
