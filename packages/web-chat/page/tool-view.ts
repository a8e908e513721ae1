import type { ApprovalDecision, ToolItem } from "@mini-openclaw/protocol";
import { button, element, setText } from "./elements.ts";
import { type RowView, rowView } from "./row.ts";
import type { Texts } from "./texts.ts";

export interface ToolParts {
  texts: Texts;
  onApprove: (callId: string, decision: ApprovalDecision) => void;
}

/** A card that shows a tool call: closed its name, input and state in one line, open all of it, and what it asks for. */
export function createToolView({ texts, onApprove }: ToolParts): RowView {
  const name = element("code", "tool-name");
  const gist = element("span", "tool-gist");
  const phase = element("span", "tool-phase");
  const input = element("dl", "tool-input");
  const output = element("pre", "tool-output");
  const outputLabel = element("p", "tool-label", texts.toolOutput);
  output.tabIndex = 0;
  output.setAttribute("aria-label", texts.toolOutput);
  const card = element(
    "details",
    "tool",
    element("summary", "", name, gist, phase),
    element("div", "tool-body", input, outputLabel, output),
  );
  const question = element("p", "");
  const decisions = (["once", "session", "deny"] as const).map((decision) =>
    button("decision", texts.decisions[decision], () => {
      if (shown?.callId !== undefined) onApprove(shown.callId, decision);
    }),
  );
  const approval = element("div", "approval", question, element("div", "decisions", ...decisions));
  let shown: ToolItem | undefined;

  return rowView(element("li", "row", card, approval), "tool", (tool) => {
    const { asksFor } = tool;
    approval.hidden = asksFor === undefined;
    outputLabel.hidden = output.hidden = asksFor !== undefined && tool.output === "";
    setText(question, asksFor === undefined ? "" : texts.asksFor(asksFor));
    // Nobody should decide on what is folded away.
    if (asksFor !== undefined && shown?.asksFor === undefined) card.open = true;
    card.dataset["phase"] = tool.phase;
    setText(name, tool.toolName);
    setText(gist, gistOf(tool.input));
    setText(phase, asksFor === undefined ? texts.tool[tool.phase] : texts.waitsForYou);
    if (shown?.input !== tool.input) input.replaceChildren(...fieldsOf(tool.input));
    shown = tool;
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
