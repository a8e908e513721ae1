import { textOf, type UserItem } from "@mini-openclaw/protocol";
import { button, element, growText, setText } from "../dom/elements.ts";
import { errorText } from "../language/error-text.ts";
import { createCopyButton } from "../markdown/copy-button.ts";
import type { MarkdownRenderer } from "../markdown/markdown-view.ts";
import { splitThoughts } from "../markdown/syntax/thoughts.ts";
import { type AnswerEndParts, createAnswerEndView } from "./answer-end-view.ts";
import { createFilesView } from "./files-view.ts";
import { createTime } from "./message-time.ts";
import { type Row, type RowView, rowView } from "./rows/row.ts";
import type { ToolParts } from "./tools/tool-view.ts";
import { createToolsView } from "./tools/tools-view.ts";
import { createWaitingView, type WaitingParts } from "./waiting-view.ts";

/** The parts of the page that rows use. */
export interface RowParts extends ToolParts, AnswerEndParts, WaitingParts {
  markdown: MarkdownRenderer;
  /** Starts a new session with the messages up to the user message `seq`. */
  onFork: (seq: number) => void;
  /** Copies a user message to the composer. */
  onEdit: (content: string) => void;
}

/** Creates the view of a row. It is empty until its first `update`. */
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
      return rowView(root, kind, (error) => setText(root, errorText(error, texts)));
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

function createUserView(parts: RowParts): RowView {
  const { texts, formats, onFork, onEdit } = parts;
  let shown: UserItem | undefined;
  const files = createFilesView(parts);
  const bubble = element("div", "bubble");
  bubble.dir = "auto";
  const copy = createCopyButton(() => (shown ? textOf(shown) : ""), parts);
  copy.setAttribute("aria-label", texts.copyMessage);
  const edit = button("fork", texts.editMessage, () => shown && onEdit(textOf(shown)));
  edit.title = texts.editHint;
  const fork = button("fork", texts.fork, () => shown && onFork(shown.seq));
  fork.title = texts.forkHint;
  const time = createTime(formats);
  const actions = element("div", "row-actions", time.root, copy, edit, fork);
  const label = element("span", "sr-only", `${texts.you}: `);
  return rowView(element("li", "row user", label, files.root, bubble, actions), "user", (message) => {
    shown = message;
    const text = textOf(message);
    setText(bubble, text);
    bubble.hidden = text === "";
    files.show(message.blocks);
    time.show(message.timestamp);
  });
}

function createAssistantView(parts: RowParts): RowView {
  const { texts, markdown } = parts;
  const files = createFilesView(parts);
  const thoughts = element("div", "thoughts-text");
  const heading = element("summary", "");
  const details = element("details", "thoughts", heading, thoughts);
  const body = element("div", "markdown");
  const mark = element("p", "mark");
  const label = element("span", "sr-only", `${texts.assistant}: `);
  const root = element("li", "row assistant", label, details, body, files.root, mark);
  const text = markdown.attach(body);
  return rowView(root, "assistant", (answer) => {
    const { blocks, thinking, streaming, partial } = answer;
    const split = splitThoughts(textOf(answer));
    const thought = [thinking, split.thoughts].filter((part) => part !== "").join("\n\n");
    details.hidden = thought === "";
    setText(heading, streaming && split.content === "" ? texts.thinking : texts.thoughts);
    growText(thoughts, thought);
    text.update(split.content, !streaming);
    files.show(blocks);
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
