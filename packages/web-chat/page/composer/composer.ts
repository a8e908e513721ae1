import type { SessionSnapshot } from "@mini-openclaw/client";
import { type MessageBlock, type MessageMode, textOf } from "@mini-openclaw/protocol";
import { button, element, setText } from "../dom/elements.ts";
import { isComposing } from "../dom/keys.ts";
import { AttachmentsView, type AttachmentsViewParts } from "./attachments-view.ts";
import type { Drafts } from "./drafts.ts";
import { MessageRecall } from "./message-recall.ts";
import { createModeChoice, type ModeChoice } from "./mode-choice.ts";

export interface ComposerParts extends Omit<AttachmentsViewParts, "onChange"> {
  drafts: Drafts;
  /** Sends a message. Returns false if it cannot be sent now, and its text stays in the field. */
  onSend: (content: string, mode: MessageMode, blocks: readonly MessageBlock[]) => boolean;
  onStop: () => void;
}

// About eight lines. Longer texts scroll.
const MAX_HEIGHT_PX = 220;

/** The field in which the user writes, with the buttons that send and stop. */
export class Composer {
  readonly root: HTMLElement;
  readonly #parts: ComposerParts;
  readonly #input = element("textarea", "");
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #keys = element("p", "keys");
  readonly #choice: ModeChoice;
  readonly #files: AttachmentsView;
  readonly #recall = new MessageRecall();
  #isRunning = false;
  #sent: readonly string[] = [];

  constructor(parts: ComposerParts) {
    const { texts, onStop } = parts;
    this.#parts = parts;
    this.#stop = button("stop", texts.stop, onStop);
    this.#stop.hidden = true;
    this.#send = element("button", "send", texts.send);
    this.#choice = createModeChoice(texts, () => this.focus());
    this.#files = new AttachmentsView({ ...parts, onChange: () => this.#fit() });
    this.#keys.id = "keys";
    this.#prepareInput();
    const actions = element("div", "actions", this.#stop, this.#send);
    const form = element("form", "composer", this.#files.pick, this.#input, actions);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.root = element("footer", "", this.#choice.root, this.#files.root, form, this.#keys);
    this.#files.render();
  }

  /** Attaches files to the next message. */
  attach(files: readonly File[]): void {
    this.#files.add(files);
    this.focus();
  }

  /** The text that was not sent. */
  get draft(): string {
    return this.#input.value;
  }

  set draft(text: string) {
    this.#input.value = text;
    this.#parts.drafts.keep(text);
    this.#fit();
  }

  focus(): void {
    this.#input.focus();
  }

  /** Sends the message in the field. */
  submit(): void {
    this.#submit(this.#choice.mode());
  }

  /** Shows the state of a session. Each address has a draft of its own. */
  render({ sessionId, view, stopping }: SessionSnapshot, address: string): void {
    const { texts, drafts, attachments } = this.#parts;
    this.#isRunning = view.activeRuns.length > 0;
    this.#sent = view.items.flatMap((item) => (item.kind === "user" ? textOf(item) || [] : []));
    this.#stop.hidden = !this.#isRunning;
    this.#stop.disabled = stopping !== undefined;
    setText(this.#stop, stopping === undefined ? texts.stop : texts.stopping);
    const keys = this.#isRunning ? texts.keysWhileRunning : texts.keys;
    setText(this.#keys, isTouch() ? texts.keysByTouch : keys);
    this.#choice.show(this.#isRunning);
    const draft = drafts.open(sessionId, address);
    if (draft === undefined) return attachments.move(address);
    this.#input.value = draft;
    attachments.open(address);
    this.#files.clearProblem();
    this.#files.render();
  }

  #prepareInput(): void {
    const { texts, drafts } = this.#parts;
    const input = this.#input;
    input.rows = 1;
    input.dir = "auto";
    input.placeholder = texts.placeholder;
    input.setAttribute("aria-label", texts.message);
    input.setAttribute("aria-describedby", "keys");
    input.setAttribute("enterkeyhint", isTouch() ? "enter" : "send");
    input.addEventListener("input", () => {
      drafts.keep(input.value);
      this.#fit();
    });
    input.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      // A table from a spreadsheet comes as text and as a picture of it.
      if (files.length === 0 || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      this.attach(files);
    });
    input.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #onKey(event: KeyboardEvent): void {
    if (isComposing(event) || event.altKey) return;
    const { key, shiftKey, ctrlKey, metaKey } = event;
    const isCommand = ctrlKey || metaKey;
    if (key === "ArrowUp" || key === "ArrowDown") {
      if (!shiftKey && !isCommand) this.#recallOn(event);
      return;
    }
    // A touch keyboard has no Shift key beside Enter, so the button sends there.
    if (key !== "Enter" || shiftKey || (isTouch() && !isCommand)) return;
    event.preventDefault();
    this.#submit(this.#isRunning && isCommand ? "steer" : this.#choice.mode());
  }

  #recallOn(event: KeyboardEvent): void {
    const step = event.key === "ArrowUp" ? "older" : "newer";
    const message = this.#recall[step](this.#sent, this.#input.value);
    if (message === undefined) return;
    event.preventDefault();
    this.draft = message;
  }

  #submit(mode: MessageMode): void {
    const content = this.#input.value.trim();
    const { attachments, onSend } = this.#parts;
    const { blocks, isReading } = attachments;
    const isEmpty = content === "" && blocks.length === 0;
    if (isEmpty || isReading || !onSend(content, mode, blocks)) return;
    attachments.clear();
    this.#files.clearProblem();
    this.#files.render();
    this.draft = "";
    this.#choice.reset();
  }

  #fit(): void {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, MAX_HEIGHT_PX)}px`;
    const { items, isReading } = this.#parts.attachments;
    this.#send.disabled = isReading || (this.#input.value.trim() === "" && items.length === 0);
  }
}

/** Returns true if the user mainly points with a finger. */
function isTouch(): boolean {
  return matchMedia("(pointer: coarse)").matches;
}
