import { element } from "../dom/elements.ts";
import { addressOf } from "../dom/session-address.ts";
import type { Texts } from "../language/texts.ts";

/** The line above the chat of a sub-agent, with the way back. */
export interface TaskNotice {
  readonly root: HTMLElement;
  /** Shows the line if the chat has a parent. */
  render(parentId: string | undefined): void;
}

export function createTaskNotice(texts: Texts): TaskNotice {
  const back = element("a", "link", texts.backToParent);
  const root = element("p", "archived-notice", element("span", "", texts.isTask), back);
  return {
    root,
    render(parentId) {
      root.hidden = parentId === undefined;
      if (parentId !== undefined) back.href = addressOf(parentId);
    },
  };
}
