import { element } from "../../dom/elements.ts";

/** An option of a choice. */
export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  /** The picture of the option. Without one, its label is shown. */
  readonly face?: Node;
  /** The language of the label if it differs from the page's. */
  readonly language?: string;
}

export interface ChoiceParts<Value extends string> {
  /** A name that is unique on the page. */
  name: string;
  label: string;
  options: readonly Option<Value>[];
  chosen: Value;
  onChoose: (value: Value) => void;
}

/** Creates radio buttons side by side. The arrow keys move between them. */
export function createChoice<Value extends string>(parts: ChoiceParts<Value>): HTMLElement {
  const labels = parts.options.map(({ value, label, face, language }) => {
    const input = element("input", "");
    input.type = "radio";
    input.name = parts.name;
    input.checked = value === parts.chosen;
    input.addEventListener("change", () => parts.onChoose(value));
    const words = element("span", face ? "sr-only" : "", label);
    if (language !== undefined) words.lang = language;
    const option = element("label", "option", input, ...(face ? [face] : []), words);
    option.title = label;
    return option;
  });
  const root = element("fieldset", "choice", element("legend", "sr-only", parts.label), ...labels);
  return root;
}
