import { button, element, setText } from "../dom/elements.ts";
import { costTexts } from "../language/cost-texts.ts";
import type { Formats } from "../language/formats.ts";
import { type CopyParts, createCopyButton } from "../markdown/copy-button.ts";
import { splitThoughts } from "../markdown/syntax/thoughts.ts";
import { type AnswerEndRow, type RowView, rowView } from "./rows/row.ts";

export interface AnswerEndParts extends CopyParts {
  formats: Formats;
  /** Answers the messages of a run again. */
  onRetry: (runId: string) => void;
  /** Asks the model to continue an answer that was cut. */
  onContinue: () => void;
}

/**
 * Creates the end of an answer: buttons that copy, repeat and continue the answer, and its cost.
 */
export function createAnswerEndView(parts: AnswerEndParts): RowView {
  const { texts, formats, onRetry, onContinue } = parts;
  let shown: AnswerEndRow | undefined;
  const copy = createCopyButton(() => textOf(shown), parts);
  copy.setAttribute("aria-label", texts.copyAnswer);
  const goOn = button("retry wanted", texts.continueAnswer, onContinue);
  const retry = button("retry", "", () => {
    if (shown?.runId !== undefined) onRetry(shown.runId);
  });
  const cost = element("span", "cost");
  const root = element("li", "row answer-end", goOn, retry, copy, cost);
  return rowView(root, "answer_end", (row) => {
    shown = row;
    copy.hidden = row.texts.length === 0;
    goOn.hidden = !row.canContinue;
    retry.hidden = row.retry === undefined;
    retry.classList.toggle("wanted", row.retry === "failed" && !row.canContinue);
    setText(retry, row.retry === "failed" ? texts.tryAgain : texts.answerAgain);
    const models = new Set(row.texts.flatMap(({ model }) => model ?? []));
    setText(cost, [...models, ...(row.cost ? costTexts(row.cost, { texts, formats }) : [])].join(" · "));
    root.hidden = copy.hidden && goOn.hidden && retry.hidden && cost.textContent === "";
  });
}

/** The text of an answer without the thoughts in front of it. */
function textOf(row: AnswerEndRow | undefined): string {
  return (row?.texts ?? []).map(({ content }) => splitThoughts(content).content).join("\n\n");
}
