import { textOf } from "@mini-openclaw/protocol";
import { button, element, setText } from "../dom/elements.ts";
import { errorText } from "../language/error-text.ts";
import type { Texts } from "../language/texts.ts";
import { createFilesView, type FileParts } from "./files-view.ts";
import { type RowView, rowView, type WaitingRow } from "./rows/row.ts";

export interface WaitingParts extends FileParts {
  texts: Texts;
  /** Sends a refused message again, by its id. */
  onSendAgain: (id: string) => void;
  /** Removes a message that was not sent, by its id. */
  onDiscard: (id: string) => void;
  /** Cancels a queued message, by the id of its run. */
  onCancel: (runId: string) => void;
}

/** Creates the view of a message that no run has accepted yet, with its state and its actions. */
export function createWaitingView(parts: WaitingParts): RowView {
  const { texts, onSendAgain, onDiscard, onCancel } = parts;
  let shown: WaitingRow | undefined;
  const bubble = element("div", "bubble");
  bubble.dir = "auto";
  const files = createFilesView(parts);
  // The client does not report how much of a frame was sent.
  const progress = element("progress", "");
  progress.setAttribute("aria-label", texts.waiting.sending);
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
  const root = element(
    "li",
    "row user waiting",
    files.root,
    bubble,
    progress,
    element("p", "mark", state, choices),
  );
  return rowView(root, "waiting", (message) => {
    shown = message;
    const { phase, refusal, runId } = message;
    const text = textOf(message);
    setText(bubble, text);
    bubble.hidden = text === "";
    files.show(message.blocks);
    progress.hidden = phase !== "sending" || !message.blocks?.length;
    const reason = refusal && `. ${errorText(refusal, texts)}`;
    setText(state, `${texts.waiting[phase]}${reason ?? ""}`);
    again.hidden = phase !== "refused";
    discard.hidden = phase !== "refused" && phase !== "unsent";
    cancel.hidden = runId === undefined;
    root.classList.toggle("refused", phase === "refused");
  });
}
