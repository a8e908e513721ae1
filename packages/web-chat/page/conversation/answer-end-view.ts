import { button, element, setText } from "../dom/elements.ts";
import { costTexts } from "../language/cost-texts.ts";
import type { Formats } from "../language/formats.ts";
import type { Texts } from "../language/texts.ts";
import { type CopyParts, createCopyButton } from "../markdown/copy-button.ts";
import { splitThoughts } from "../markdown/syntax/thoughts.ts";
import { createTime } from "./message-time.ts";
import { type AnswerEndRow, type RowView, rowView } from "./rows/row.ts";

export interface AnswerEndParts extends CopyParts {
  formats: Formats;
  /** Answers the messages of a run again. */
  onRetry: (runId: string) => void;
  /** Asks the model to continue an answer that was cut. */
  onContinue: () => void;
  /** Shows another version of an answer. */
  onVersion: (newestRun: string, runId: string) => void;
}

/**
 * Creates the end of an answer: buttons that copy, repeat and continue the answer, its versions,
 * its cost and its time.
 */
export function createAnswerEndView(parts: AnswerEndParts): RowView {
  const { texts, formats, onRetry, onContinue, onVersion } = parts;
  let shown: AnswerEndRow | undefined;
  const copy = createCopyButton(() => textOf(shown), parts);
  copy.setAttribute("aria-label", texts.copyAnswer);
  const goOn = button("retry wanted", texts.continueAnswer, onContinue);
  const retry = button("retry", "", () => {
    if (shown?.runId !== undefined) onRetry(shown.runId);
  });
  const cost = element("span", "cost");
  const versions = createVersionChoice(texts, (step) => {
    const next = shown?.versions[shown.versions.indexOf(shown.shownRun ?? "") + step];
    if (shown?.runId !== undefined && next !== undefined) onVersion(shown.runId, next);
  });
  const time = createTime(formats);
  const root = element("li", "row answer-end", versions.root, goOn, retry, copy, cost, time.root);
  return rowView(root, "answer_end", (row) => {
    shown = row;
    copy.hidden = row.texts.length === 0;
    goOn.hidden = !row.canContinue;
    retry.hidden = row.retry === undefined;
    retry.classList.toggle("wanted", row.retry === "failed" && !row.canContinue);
    setText(retry, row.retry === "failed" ? texts.tryAgain : texts.answerAgain);
    const models = new Set(row.texts.flatMap(({ model }) => model ?? []));
    setText(cost, [...models, ...(row.cost ? costTexts(row.cost, { texts, formats }) : [])].join(" · "));
    time.show(row.timestamp);
    versions.show(row.versions.indexOf(row.shownRun ?? ""), row.versions.length);
    root.hidden = copy.hidden && goOn.hidden && retry.hidden && cost.textContent === "";
  });
}

/** Creates the buttons that show the version before and after, and the number of the shown one. */
function createVersionChoice(texts: Texts, onStep: (step: 1 | -1) => void) {
  const before = button("version", "‹", () => onStep(-1));
  before.setAttribute("aria-label", texts.versionBefore);
  const after = button("version", "›", () => onStep(1));
  after.setAttribute("aria-label", texts.versionAfter);
  const count = element("span", "version-count");
  count.setAttribute("role", "status");
  const root = element("span", "versions", before, count, after);
  root.title = texts.versionHint;
  return {
    root,
    show(index: number, length: number) {
      root.hidden = length < 2 || index === -1;
      before.disabled = index <= 0;
      after.disabled = index === length - 1;
      setText(count, root.hidden ? "" : `${index + 1}/${length}`);
    },
  };
}

/** The text of an answer without the thoughts in front of it. */
function textOf(row: AnswerEndRow | undefined): string {
  return (row?.texts ?? []).map(({ content }) => splitThoughts(content).content).join("\n\n");
}
