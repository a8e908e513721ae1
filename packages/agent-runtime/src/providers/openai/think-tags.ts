import type { ShownText } from "../http/ask-model.ts";

/**
 * The tags in which models without a parser on their server think, and what ends each. Sources:
 * doolijb/serene-pub#67 (Seed-OSS), llama-farm/llamafarm#753 (gpt-oss).
 */
const tags: readonly (readonly [open: string, close: string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["[THINK]", "[/THINK]"],
  ["<seed:think>", "</seed:think>"],
  ["<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"],
];

/**
 * Splits the text of an answer that begins with a `<think>` tag in thinking and text. A tag later
 * in the text is text.
 *
 * llama.cpp, LM Studio and others send the tags where no parser for reasoning is set.
 */
export function createThinkTags() {
  let state: "start" | "thinking" | "text" = "start";
  let close = "";
  let rest = "";
  return {
    /** True once no tag can come any more. */
    get isText(): boolean {
      return state === "text";
    },
    add(text: string): ShownText[] {
      if (state === "text") return shown("text", text);
      rest += text;
      if (state === "start") {
        const head = rest.trimStart();
        const tag = tags.find(([open]) => head.startsWith(open));
        if (tag) {
          state = "thinking";
          close = tag[1];
          rest = head.slice(tag[0].length);
        } else if (head === "" || tags.some(([open]) => open.startsWith(head))) {
          return [];
        } else {
          return this.end();
        }
      }
      const end = rest.indexOf(close);
      if (end !== -1) {
        const thinking = rest.slice(0, end);
        const after = rest.slice(end + close.length).trimStart();
        state = "text";
        rest = "";
        return [...shown("thinking", thinking), ...shown("text", after)];
      }
      // The last characters may be the beginning of the closing tag.
      const safe = rest.length - tailOf(rest, close);
      const thinking = rest.slice(0, safe);
      rest = rest.slice(safe);
      return shown("thinking", thinking);
    },
    /** Returns what is still held back, and takes everything from here on for text. */
    end(): ShownText[] {
      const type = state === "thinking" ? "thinking" : "text";
      const held = rest;
      state = "text";
      rest = "";
      return shown(type, held);
    },
  };
}

/** Returns how many characters at the end of a text are the beginning of a tag. */
function tailOf(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}

function shown(type: "text" | "thinking", text: string): ShownText[] {
  return text === "" ? [] : [{ type, text }];
}
