import { button, element, setText } from "./elements.ts";
import type { MarkdownReader } from "./markdown.ts";
import { type Row, type RowView, rowView, type WaitingRow } from "./row.ts";
import { createToolView, type ToolParts } from "./tool-view.ts";

/** What rows need besides themselves. */
export interface RowParts extends ToolParts {
  markdown: MarkdownReader;
  /** With the message's id. */
  onSendAgain: (id: string) => void;
  onDiscard: (id: string) => void;
}

/** Makes the part of the page that shows a row. It is empty until its first `update`. */
export function createRowView(kind: Row["kind"], parts: RowParts): RowView {
  const { texts } = parts;
  switch (kind) {
    case "user": {
      const bubble = element("div", "bubble");
      const root = element("li", "row user", element("span", "sr-only", `${texts.you}: `), bubble);
      return rowView(root, kind, ({ content }) => setText(bubble, content));
    }
    case "assistant":
      return createAssistantView(parts);
    case "tool":
      return createToolView(parts);
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

function createAssistantView({ texts, markdown }: RowParts): RowView {
  const thoughts = element("div", "thoughts-text");
  const details = element("details", "thoughts", element("summary", "", texts.thoughts), thoughts);
  const body = element("div", "markdown");
  const mark = element("p", "mark");
  const label = element("span", "sr-only", `${texts.assistant}: `);
  const root = element("li", "row assistant", label, details, body, mark);
  const text = markdown.attach(body);
  return rowView(root, "assistant", ({ content, thinking, streaming, partial }) => {
    details.hidden = thinking === "";
    setText(thoughts, thinking);
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
  return rowView(
    element("li", "row compaction", element("details", "", summary, hint, body)),
    "compaction",
    ({ content }) => text.update(content, true),
  );
}

function createWaitingView({ texts, onSendAgain, onDiscard }: RowParts): RowView {
  let shown: WaitingRow | undefined;
  const bubble = element("div", "bubble");
  const state = element("span", "");
  const choices = element(
    "span",
    "choices",
    button("link", texts.sendAgain, () => shown && onSendAgain(shown.id)),
    button("link", texts.discard, () => shown && onDiscard(shown.id)),
  );
  const root = element("li", "row user waiting", bubble, element("p", "mark", state, choices));
  return rowView(root, "waiting", (message) => {
    shown = message;
    const { phase, refusal } = message;
    setText(bubble, message.content);
    setText(
      state,
      refusal ? `${texts.refused}. ${texts.errors[refusal.code] ?? refusal.message}` : texts[phase],
    );
    choices.hidden = phase !== "refused";
    root.classList.toggle("refused", phase === "refused");
  });
}
