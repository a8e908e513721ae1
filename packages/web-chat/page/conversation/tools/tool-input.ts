import type { ToolItem } from "@mini-openclaw/protocol";
import { element } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";
import type { Highlighter } from "../../markdown/highlight.ts";
import { createFoldedText } from "./folded-text.ts";
import { createTextDiff } from "./text-diff.ts";

export interface ToolInputParts {
  texts: Texts;
  highlighter: Highlighter;
}

type Input = ToolItem["input"];

/** Returns the first text of an input, such as a command or a path. */
export function gistOf(input: Input): string {
  const text = Object.values(input).find((value) => typeof value === "string");
  return typeof text === "string" ? text.split("\n", 1).join("") : "";
}

/**
 * Creates the fields of a tool's input: highlighted commands and files, a diff of a replacement,
 * and the rest by name.
 */
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

/** Returns the language of a field: the shell's for a command, or that of a file's extension. */
function languageOf(field: string, { file_path: path }: Input): string | undefined {
  if (field === "command") return "bash";
  if (field !== "content" || typeof path !== "string") return undefined;
  return /\.(\w+)$/.exec(path)?.[1] ?? "";
}
