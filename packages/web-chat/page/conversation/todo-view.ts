import type { SessionView, TodoItem } from "@mini-openclaw/protocol";
import { element, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** The agent's list of steps, above the composer. Folded, it shows the active step. */
export interface TodoView {
  readonly root: HTMLElement;
  render(view: Pick<SessionView, "todo" | "activeRuns">): void;
}

const NO_STEPS: readonly TodoItem[] = [];

export function createTodoView(texts: Texts): TodoView {
  const progress = element("span", "todo-progress");
  const active = element("span", "todo-active");
  const list = element("ol", "todo-items");
  const steps = element("details", "todo", element("summary", "", progress, active), list);
  const root = element("section", "", steps);
  root.hidden = true;
  let shown = NO_STEPS;

  function createItem({ text, state }: TodoItem): HTMLElement {
    const label = element("span", "sr-only", `${texts.stepStates[state]}: `);
    const item = element("li", "", label, text);
    item.dataset["state"] = state;
    return item;
  }

  return {
    root,
    render({ todo = NO_STEPS, activeRuns }) {
      const done = todo.filter(({ state }) => state === "done").length;
      // A list that is done has served its purpose once the answer is complete.
      root.hidden = todo.length === 0 || (done === todo.length && activeRuns.length === 0);
      if (todo === shown) return;
      shown = todo;
      setText(progress, texts.steps(done, todo.length));
      root.setAttribute("aria-label", texts.steps(done, todo.length));
      setText(active, todo.find(({ state }) => state === "active")?.text ?? "");
      list.replaceChildren(...todo.map(createItem));
    },
  };
}
