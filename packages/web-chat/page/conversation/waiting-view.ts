import { button, element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import { type RowView, rowView, type WaitingRow } from "../rows/row.ts";

export interface WaitingParts {
  texts: Texts;
  /** With the message's id. */
  onSendAgain: (id: string) => void;
  onDiscard: (id: string) => void;
  /** With the run of a message that waits for the run before it. */
  onCallOff: (runId: string) => void;
}

/** A message that no run has taken up yet: what it waits for, and what can be done about it. */
export function createWaitingView({ texts, onSendAgain, onDiscard, onCallOff }: WaitingParts): RowView {
  let shown: WaitingRow | undefined;
  const bubble = element("div", "bubble");
  bubble.dir = "auto";
  const state = element("span", "");
  const again = button("link", texts.sendAgain, () => shown && onSendAgain(shown.id));
  const discard = button("link", texts.discard, () => shown && onDiscard(shown.id));
  const callOff = button("link", texts.callOff, () => {
    if (shown?.runId === undefined) return;
    onCallOff(shown.runId);
    // It leaves when the gateway has heard of it.
    callOff.hidden = true;
    setText(state, texts.calledOff);
  });
  const choices = element("span", "choices", again, discard, callOff);
  const root = element("li", "row user waiting", bubble, element("p", "mark", state, choices));
  return rowView(root, "waiting", (message) => {
    shown = message;
    const { phase, refusal, runId } = message;
    setText(bubble, message.content);
    const reason = refusal && `. ${texts.errors[refusal.code] ?? refusal.message}`;
    setText(state, `${texts.waiting[phase]}${reason ?? ""}`);
    again.hidden = phase !== "refused";
    discard.hidden = phase !== "refused" && phase !== "unsent";
    callOff.hidden = runId === undefined;
    root.classList.toggle("refused", phase === "refused");
  });
}
