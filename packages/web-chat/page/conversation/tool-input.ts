import type { ToolItem } from "@mini-openclaw/protocol";
import { element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import type { Highlighter } from "../markdown/highlight.ts";
import { createFoldedText } from "./folded-text.ts";
import { createTextDiff } from "./text-diff.ts";

export interface ToolInputParts {
  texts: Texts;
  highlighter: Highlighter;
}

type Input = ToolItem["input"];

/** The input's first text: a command, a path. */
export function gistOf(input: Input): string {
  const text = Object.values(input).find((value) => typeof value === "string");
  return typeof text === "string" ? text.split("\n", 1).join("") : "";
}

/** What a tool is given, readable: commands and files in their colours, a replacement as a diff, the rest by name. */
export function inputFields(input: Input, parts: ToolInputParts): HTMLElement[] {
  const { old_text: before, new_text: after, ...others } = input;
  if (typeof before !== "string" || typeof after !== "string") return fieldsOf(input, parts);
  const change = createTextDiff({ before, after }, parts.texts);
  return [...fieldsOf(others, parts), labelled(parts.texts.change, change)].flat();
}

function fieldsOf(input: Input, parts: ToolInputParts): HTMLElement[] {
  return Object.entries(input).flatMap(([field, value]) => {
    const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) ?? "");
    const language = languageOf(field, input);
    if (language === undefined && !text.includes("\n")) return labelled(field, element("code", "", text));
    const shown = createFoldedText(field, parts.texts);
    shown.show(text, false);
    if (language !== undefined) parts.highlighter.highlight(shown.text, language);
    return labelled(field, shown.root);
  });
}

function labelled(label: string, shown: HTMLElement): HTMLElement[] {
  return [element("dt", "tool-label", label), element("dd", "", shown)];
}

/** A command is the shell's; what a file is to hold is in the language of its name's ending. */
function languageOf(field: string, { file_path: path }: Input): string | undefined {
  if (field === "command") return "bash";
  if (field !== "content" || typeof path !== "string") return undefined;
  return /\.(\w+)$/.exec(path)?.[1] ?? "";
}
