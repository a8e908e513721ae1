import type { ToolItem } from "@mini-openclaw/protocol";
import { element, setText } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";
import { isOver } from "../rows/item-rows.ts";
import { type RowView, rowView } from "../rows/row.ts";
import { createToolView, type ToolParts, type ToolView } from "./tool-view.ts";

/**
 * Creates the cards of consecutive tool calls. Several calls fold into one line when they are done.
 */
export function createToolsView(parts: ToolParts): RowView {
  const { texts } = parts;
  const cards = element("div", "tool-cards");
  const heading = element("span", "tools-heading");
  const failures = element("span", "tools-failed");
  const summary = element("summary", "", heading, failures);
  const group = element("details", "tools", summary, cards);
  const views = new Map<string, ToolView>();
  let isReadersChoice = false;
  let asked = 0;
  summary.addEventListener("click", () => {
    isReadersChoice = true;
  });

  return rowView(element("li", "row", group), "tools", ({ tools }) => {
    for (const tool of tools) {
      const view = views.get(tool.key) ?? createToolView(parts);
      if (!views.has(tool.key)) cards.append(view.root);
      views.set(tool.key, view);
      view.update(tool);
    }
    const failedCount = tools.filter(({ phase, isDenied }) => phase === "failed" && !isDenied).length;
    const asking = tools.filter(({ asksFor }) => asksFor !== undefined).length;
    const isSingle = tools.length === 1;
    summary.hidden = isSingle;
    group.classList.toggle("single", isSingle);
    setText(heading, summaryOf(tools, texts));
    setText(failures, failedCount === 0 ? "" : texts.toolsFailed(failedCount));
    // A call that waits for a decision is never folded.
    if (isSingle || asking > asked) group.open = true;
    else if (!isReadersChoice) group.open = !tools.every(isOver);
    asked = asking;
  });
}

function summaryOf(tools: readonly ToolItem[], texts: Texts): string {
  const counts = new Map<string, number>();
  for (const { toolName } of tools) counts.set(toolName, (counts.get(toolName) ?? 0) + 1);
  const names = [...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`));
  return texts.toolsRan(tools.length, names.join(", "));
}
