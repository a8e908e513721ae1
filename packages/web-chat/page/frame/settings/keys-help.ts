import { button, element } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";

/** A list of all keys, over the page. */
export interface KeysHelp {
  readonly root: HTMLDialogElement;
  /** The button that shows the list. */
  readonly opener: HTMLElement;
  readonly show: () => void;
}

export function createKeysHelp(texts: Texts): KeysHelp {
  const heading = element("h2", "", texts.keysTitle);
  heading.id = "keys-title";
  const close = button("link", texts.close, () => root.close());
  const rows = texts.keysList.flatMap(([keys, action]) => [
    element("dt", "", ...keys.split(" ").map((key) => element("kbd", "", key))),
    element("dd", "", action),
  ]);
  const root = element("dialog", "panel keys-help", heading, element("dl", "", ...rows), close);
  root.setAttribute("aria-labelledby", heading.id);
  // Keys pressed here belong to the list. Esc closes it and does not stop a run.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  root.addEventListener("click", ({ target }) => {
    if (target === root) root.close();
  });
  const show = () => {
    if (!root.open) root.showModal();
  };
  const opener = button("option keys-opener", "?", show);
  opener.setAttribute("aria-label", texts.keysTitle);
  opener.title = texts.keysTitle;
  return { root, opener, show };
}
