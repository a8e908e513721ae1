import { type ApprovalDecision, filesOf, type ToolItem, textOf } from "@mini-openclaw/protocol";
import { button, element, setText } from "../../dom/elements.ts";
import { addressOf } from "../../dom/session-address.ts";
import type { Formats } from "../../language/formats.ts";
import type { Texts } from "../../language/texts.ts";
import { createFilesView, type FileParts } from "../files-view.ts";
import { isOver } from "../rows/item-rows.ts";
import { createFoldedText } from "./folded-text.ts";
import { createLiveInput } from "./live-input.ts";
import { readPartialInput } from "./partial-input.ts";
import { gistOf, inputFields, type ToolInputParts } from "./tool-input.ts";

export interface ToolParts extends ToolInputParts, FileParts {
  formats: Formats;
  onApprove: (callId: string, decision: ApprovalDecision, runId: string | undefined) => void;
}

/** A card that shows one tool call. */
export interface ToolView {
  readonly root: HTMLElement;
  update(tool: ToolItem): void;
}

/**
 * Creates a card. A closed card shows one line. It opens by itself while the call waits or has
 * output.
 */
export function createToolView(parts: ToolParts): ToolView {
  const { texts, formats, onApprove } = parts;
  const name = element("code", "tool-name");
  const gist = element("span", "tool-gist");
  const facts = element("span", "tool-facts");
  const phase = element("span", "tool-phase");
  const input = element("dl", "tool-input");
  const liveInput = createLiveInput(texts);
  const output = createFoldedText(texts.toolOutput, texts);
  output.root.className = "tool-output";
  const files = createFilesView(parts);
  const outputLabel = element("p", "tool-label", texts.toolOutput);
  const summary = element("summary", "", name, gist, facts, phase);
  const card = element(
    "details",
    "tool",
    summary,
    element("div", "tool-body", input, outputLabel, output.root, files.root),
  );
  summary.addEventListener("click", () => {
    isReadersChoice = true;
  });
  const task = element("a", "link task-link", texts.openTask);
  task.hidden = true;
  const question = element("p", "");
  const decisions = (["once", "session", "deny"] as const).map((decision) =>
    button("decision", texts.decisions[decision], () => {
      if (shown?.callId !== undefined) onApprove(shown.callId, decision, shown.runId);
    }),
  );
  const approval = element("div", "approval", question, element("div", "decisions", ...decisions));
  let shown: ToolItem | undefined;
  let isReadersChoice = false;

  /** Shows the input, or as much of it as the model has written. Returns what is there. */
  function showInput(tool: ToolItem): ToolItem["input"] {
    if (tool.inputText !== undefined) {
      const partial = readPartialInput(tool.inputText);
      liveInput.show(input, partial);
      return partial;
    }
    const isNew = shown?.input !== tool.input || shown.inputText !== undefined;
    if (isNew) input.replaceChildren(...inputFields(tool.input, parts));
    return tool.input;
  }
  function showState(tool: ToolItem): void {
    const { asksFor, isDenied, phase: actual, durationMs, exitCode, inputText } = tool;
    const next = isDenied ? "denied" : actual;
    card.dataset["phase"] = next;
    const state = inputText === undefined ? texts.tool[next] : texts.writesInput;
    setText(phase, asksFor === undefined ? state : texts.waitsForYou);
    const exit = exitCode === undefined ? [] : [texts.exitCode(exitCode)];
    const took = durationMs === undefined ? [] : [formats.duration(durationMs)];
    setText(facts, [...exit, ...took].join(" · "));
  }

  return {
    root: element("div", "tool-call", card, task, approval),
    update(tool) {
      const { asksFor, blocks, taskSessionId } = tool;
      task.hidden = taskSessionId === undefined;
      if (taskSessionId !== undefined) task.href = addressOf(taskSessionId);
      const text = textOf({ content: tool.output, blocks });
      const hasFiles = filesOf(tool) !== undefined;
      approval.hidden = asksFor === undefined;
      outputLabel.hidden = (asksFor ?? tool.inputText) !== undefined && tool.output === "";
      output.root.hidden = outputLabel.hidden || (text === "" && hasFiles);
      files.show(tool.blocks);
      setText(question, asksFor === undefined ? "" : texts.asksFor(purposeOf(tool, texts)));
      // A call that waits for a decision is never folded, and live output is shown.
      if (asksFor !== undefined && shown?.asksFor === undefined) card.open = true;
      else if (!isReadersChoice) {
        const isLive = tool.inputText !== undefined || tool.output !== "";
        const isShown = hasFiles || (isLive && !isOver(tool));
        card.open = asksFor !== undefined || isShown;
      }
      setText(name, tool.toolName);
      setText(gist, gistOf(showInput(tool)));
      showState(tool);
      shown = tool;
      output.show(text === "" && isOver(tool) ? texts.noOutput : text, !isOver(tool));
    },
  };
}

/**
 * Returns the purpose of a call that waits for a decision, in the reader's language if possible.
 */
function purposeOf({ asksFor, toolName, input }: ToolItem, { purposes }: Texts): string {
  const { code = "", reason = "" } = asksFor ?? {};
  const { file_path: path } = input;
  const purpose = Object.hasOwn(purposes, code) ? purposes[code] : undefined;
  return purpose?.(toolName, typeof path === "string" ? path : "") ?? reason;
}
