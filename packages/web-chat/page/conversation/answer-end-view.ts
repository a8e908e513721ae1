import { button, element, setText } from "../dom/elements.ts";
import { costTexts } from "../language/cost-texts.ts";
import type { Formats } from "../language/formats.ts";
import { type CopyParts, createCopyButton } from "../markdown/copy-button.ts";
import { type AnswerEndRow, type RowView, rowView } from "../rows/row.ts";

export interface AnswerEndParts extends CopyParts {
  formats: Formats;
  /** With the run whose messages to answer anew. */
  onRetry: (runId: string) => void;
}

/** Below an answer: a button that copies it, one that asks for another, and what it cost. */
export function createAnswerEndView(parts: AnswerEndParts): RowView {
  const { texts, formats, onRetry } = parts;
  let shown: AnswerEndRow | undefined;
  const copy = createCopyButton(() => shown?.texts.map(({ content }) => content).join("\n\n") ?? "", parts);
  copy.setAttribute("aria-label", texts.copyAnswer);
  const retry = button("retry", "", () => {
    if (shown?.runId !== undefined) onRetry(shown.runId);
  });
  const cost = element("span", "cost");
  const root = element("li", "row answer-end", retry, copy, cost);
  return rowView(root, "answer_end", (row) => {
    shown = row;
    copy.hidden = row.texts.length === 0;
    retry.hidden = row.retry === undefined;
    retry.classList.toggle("wanted", row.retry === "failed");
    setText(retry, row.retry === "failed" ? texts.tryAgain : texts.answerAgain);
    const models = new Set(row.texts.flatMap(({ model }) => model ?? []));
    setText(cost, [...models, ...(row.cost ? costTexts(row.cost, { texts, formats }) : [])].join(" · "));
    root.hidden = copy.hidden && retry.hidden && cost.textContent === "";
  });
}
