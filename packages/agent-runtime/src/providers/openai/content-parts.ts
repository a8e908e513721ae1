import { isRecord } from "../convert/json.ts";
import type { ShownText } from "../http/ask-model.ts";

/**
 * Returns the text and the thinking of a `content`, which is a text, or a list of parts (Mistral's
 * thinking models).
 */
export function partsOf(content: unknown): ShownText[] {
  if (typeof content === "string") return content === "" ? [] : [{ type: "text", text: content }];
  const parts = isRecord(content) ? [content] : content;
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part: unknown): ShownText[] => {
    if (!isRecord(part)) return partsOf(typeof part === "string" ? part : undefined);
    const { type, text, thinking, reasoning, refusal } = part;
    if (type === "thinking" || type === "reasoning") return asThinking(thinking ?? reasoning ?? text);
    return partsOf(typeof text === "string" ? text : refusal);
  });
}

function asThinking(thinking: unknown): ShownText[] {
  const text = partsOf(thinking)
    .map((part) => part.text)
    .join("");
  return text === "" ? [] : [{ type: "thinking", text }];
}
