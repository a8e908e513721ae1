import { button, element, setText } from "../dom/elements.ts";
import { errorText } from "../language/error-text.ts";
import type { Texts } from "../language/texts.ts";
import { type RowView, rowView, type WaitingRow } from "./rows/row.ts";

export interface WaitingParts {
  texts: Texts;
  /** Sends a refused message again, by its id. */
  onSendAgain: (id: string) => void;
  /** Removes a message that was not sent, by its id. */
  onDiscard: (id: string) => void;
  /** Cancels a queued message, by the id of its run. */
  onCancel: (runId: string) => void;
}

/** Creates the view of a message that no run has accepted yet, with its state and its actions. */
export function createWaitingView({ texts, onSendAgain, onDiscard, onCancel }: WaitingParts): RowView {
  let shown: WaitingRow | undefined;
  const bubble = element("div", "bubble");
  bubble.dir = "auto";
  const state = element("span", "");
  const again = button("link", texts.sendAgain, () => shown && onSendAgain(shown.id));
  const discard = button("link", texts.discard, () => shown && onDiscard(shown.id));
  const cancel = button("link", texts.cancel, () => {
    if (shown?.runId === undefined) return;
    onCancel(shown.runId);
    // The row disappears when the gateway has confirmed that.
    cancel.hidden = true;
    setText(state, texts.canceled);
  });
  const choices = element("span", "choices", again, discard, cancel);
  const root = element("li", "row user waiting", bubble, element("p", "mark", state, choices));
  return rowView(root, "waiting", (message) => {
    shown = message;
    const { phase, refusal, runId } = message;
    setText(bubble, message.content);
    const reason = refusal && `. ${errorText(refusal, texts)}`;
    setText(state, `${texts.waiting[phase]}${reason ?? ""}`);
    again.hidden = phase !== "refused";
    discard.hidden = phase !== "refused" && phase !== "unsent";
    cancel.hidden = runId === undefined;
    root.classList.toggle("refused", phase === "refused");
  });
}
