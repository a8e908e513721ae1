import type { MessageMode } from "@mini-openclaw/protocol";
import { element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** Lets the user say what the next message does to the answer that goes on. */
export interface ModeChoice {
  readonly root: HTMLElement;
  /** What Enter does: `queue` unless another was chosen for this message. */
  mode(): MessageMode;
  reset(): void;
  /** There is something to choose only while an answer goes on. */
  show(isRunning: boolean): void;
}

const modes = ["queue", "steer", "interrupt"] as const;

export function createModeChoice(texts: Texts, onChosen: () => void): ModeChoice {
  let chosen: MessageMode = "queue";
  const explanation = element("span", "mode-explanation");
  const options = modes.map((mode) => {
    const input = element("input", "");
    input.type = "radio";
    input.name = "mode";
    input.value = mode;
    input.addEventListener("change", () => choose(mode));
    // A pointer goes back to the text; the arrow keys go on among the choices.
    const label = element("label", "", input, texts.modes[mode].name);
    label.addEventListener("pointerup", () => requestAnimationFrame(onChosen));
    return { mode, input, label };
  });
  const group = element("div", "segments", ...options.map(({ label }) => label));
  group.setAttribute("role", "radiogroup");
  group.setAttribute("aria-label", texts.modeQuestion);
  explanation.id = "mode-explanation";
  group.setAttribute("aria-describedby", explanation.id);
  const root = element("div", "modes", group, explanation);
  root.hidden = true;

  function choose(next: MessageMode): void {
    chosen = next;
    for (const { mode, input } of options) input.checked = mode === next;
    setText(explanation, texts.modes[next].explanation);
  }
  choose("queue");

  return {
    root,
    mode: () => chosen,
    reset: () => choose("queue"),
    show(isRunning) {
      if (!isRunning && !root.hidden) choose("queue");
      root.hidden = !isRunning;
    },
  };
}
