import { element } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";
import { createFoldedText, type FoldedText } from "./folded-text.ts";

/** The input of a call while the model writes it. */
export interface LiveInput {
  /** Shows more of the input in `root`. The fields that are there grow. */
  show(root: HTMLElement, input: Readonly<Record<string, unknown>>): void;
}

export function createLiveInput(texts: Texts): LiveInput {
  const fields = new Map<string, FoldedText>();
  return {
    show(root, input) {
      if (fields.size === 0) root.replaceChildren();
      for (const [name, value] of Object.entries(input)) {
        const text = typeof value === "string" ? value : JSON.stringify(value);
        let field = fields.get(name);
        if (!field) {
          field = createFoldedText(name, texts);
          fields.set(name, field);
          root.append(element("dt", "tool-label", name), element("dd", "", field.root));
        }
        field.show(text, true);
      }
    },
  };
}
