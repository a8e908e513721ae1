import { button, element, growText, setText } from "../dom/elements.ts";
import type { MarkdownRenderer } from "../markdown/markdown-view.ts";
import { type Row, type RowView, rowView } from "../rows/row.ts";
import { type AnswerEndParts, createAnswerEndView } from "./answer-end-view.ts";
import type { ToolParts } from "./tool-view.ts";
import { createToolsView } from "./tools-view.ts";
import { createWaitingView, type WaitingParts } from "./waiting-view.ts";

/** What rows need besides themselves. */
export interface RowParts extends ToolParts, AnswerEndParts, WaitingParts {
  markdown: MarkdownRenderer;
  /** With the place of the user message up to which to take over the session. */
  onFork: (seq: number) => void;
}

/** Makes the part of the page that shows a row. It is empty until its first `update`. */
export function createRowView(kind: Row["kind"], parts: RowParts): RowView {
  const { texts } = parts;
  switch (kind) {
    case "user":
      return createUserView(parts);
    case "assistant":
      return createAssistantView(parts);
    case "tools":
      return createToolsView(parts);
    case "answer_end":
      return createAnswerEndView(parts);
    case "error": {
      const root = element("li", "row notice error");
      return rowView(root, kind, ({ code, message }) => setText(root, texts.errors[code] ?? message));
    }
    case "outcome": {
      const root = element("li", "row notice");
      return rowView(root, kind, ({ outcome }) => setText(root, texts.outcome[outcome]));
    }
    case "retry": {
      const root = element("li", "row notice");
      return rowView(root, kind, ({ attempt }) => setText(root, texts.retrying(attempt)));
    }
    case "compaction":
      return createCompactionView(parts);
    case "waiting":
      return createWaitingView(parts);
    case "thinking": {
      const dots = element("span", "dots", element("i", ""), element("i", ""), element("i", ""));
      const root = element("li", "row thinking", dots, element("span", "sr-only", texts.thinking));
      return { root, update: () => {} };
    }
  }
}

function createUserView({ texts, onFork }: RowParts): RowView {
  let seq = 0;
  const bubble = element("div", "bubble");
  bubble.dir = "auto";
  const fork = button("fork", texts.fork, () => onFork(seq));
  fork.title = texts.forkHint;
  const actions = element("div", "row-actions", fork);
  const label = element("span", "sr-only", `${texts.you}: `);
  return rowView(element("li", "row user", label, bubble, actions), "user", (message) => {
    ({ seq } = message);
    setText(bubble, message.content);
  });
}

function createAssistantView({ texts, markdown }: RowParts): RowView {
  const thoughts = element("div", "thoughts-text");
  const heading = element("summary", "");
  const details = element("details", "thoughts", heading, thoughts);
  const body = element("div", "markdown");
  const mark = element("p", "mark");
  const label = element("span", "sr-only", `${texts.assistant}: `);
  const root = element("li", "row assistant", label, details, body, mark);
  const text = markdown.attach(body);
  return rowView(root, "assistant", ({ content, thinking, streaming, partial }) => {
    details.hidden = thinking === "";
    setText(heading, streaming && content === "" ? texts.thinking : texts.thoughts);
    growText(thoughts, thinking);
    text.update(content, !streaming);
    root.classList.toggle("streaming", streaming);
    mark.hidden = partial === undefined;
    setText(mark, partial === undefined ? "" : texts.partial[partial]);
  });
}

function createCompactionView({ texts, markdown }: RowParts): RowView {
  const body = element("div", "markdown");
  const summary = element("summary", "", texts.compaction);
  const hint = element("p", "mark", texts.compactionHint);
  const text = markdown.attach(body);
  const root = element("li", "row compaction", element("details", "", summary, hint, body));
  return rowView(root, "compaction", ({ content }) => text.update(content, true));
}
