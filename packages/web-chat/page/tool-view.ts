import type { ToolItem } from "@mini-openclaw/protocol";
import { element, setText } from "./elements.ts";
import { type RowView, rowView } from "./row.ts";
import type { Texts } from "./texts.ts";

/** A card that shows a tool call: closed its name, input and state in one line, open all of it. */
export function createToolView(texts: Texts): RowView {
  const name = element("code", "tool-name");
  const gist = element("span", "tool-gist");
  const phase = element("span", "tool-phase");
  const input = element("dl", "tool-input");
  const output = element("pre", "tool-output");
  output.tabIndex = 0;
  output.setAttribute("aria-label", texts.toolOutput);
  const card = element(
    "details",
    "tool",
    element("summary", "", name, gist, phase),
    element("div", "tool-body", input, element("p", "tool-label", texts.toolOutput), output),
  );
  let shownInput: ToolItem["input"] | undefined;

  return rowView(element("li", "row", card), "tool", (tool) => {
    card.dataset["phase"] = tool.phase;
    setText(name, tool.toolName);
    setText(gist, gistOf(tool.input));
    setText(phase, texts.tool[tool.phase]);
    if (shownInput !== tool.input) input.replaceChildren(...fieldsOf(tool.input));
    shownInput = tool.input;
    const isOver = tool.phase === "done" || tool.phase === "failed";
    setText(output, tool.output === "" && isOver ? texts.noOutput : tool.output);
  });
}

/** The first text of the input: a command, a path. */
function gistOf(input: ToolItem["input"]): string {
  const text = Object.values(input).find((value) => typeof value === "string");
  return typeof text === "string" ? text.split("\n", 1).join("") : "";
}

function fieldsOf(input: ToolItem["input"]): HTMLElement[] {
  return Object.entries(input).flatMap(([field, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value, undefined, 2);
    return [element("dt", "tool-label", field), element("dd", "", element("pre", "", text))];
  });
}
