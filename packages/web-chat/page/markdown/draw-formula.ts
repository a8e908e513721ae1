import temml from "temml";

// More is a mistake of the model, and would take seconds.
const MAX_CHARS = 5000;

/** Replaces the source of a formula by MathML. A source that is no formula stays as it is. */
export function drawFormula(target: HTMLElement, source: string): void {
  if (source.length > MAX_CHARS) return;
  const isDisplay = /^(?:\\\[|\$\$|\\begin)/.test(source);
  const formula = source.replace(/^(?:\\[([]|\$\$?)|(?:\\[)\]]|\$\$?)$/g, "");
  const drawn = document.createElement("span");
  try {
    temml.render(formula, drawn, {
      displayMode: isDisplay,
      annotate: true,
      throwOnError: true,
      trust: false,
    });
  } catch {
    // The model wrote something that is no formula. The reader sees its source.
    return;
  }
  target.replaceChildren(...drawn.childNodes);
  target.classList.add("drawn");
  target.classList.toggle("display", isDisplay);
}
