import { element } from "../dom/elements.ts";

/** Shows the source of a formula until it is drawn. */
export function createFormula(source: string): HTMLElement {
  const formula = element("span", "math", source);
  formula.title = source;
  return formula;
}

/** Draws the formulas in `root`. The library that draws them is loaded with the first one. */
export async function drawFormulas(root: Element): Promise<void> {
  const formulas = [...root.querySelectorAll<HTMLElement>(".math:not(.drawn)")];
  if (formulas.length === 0) return;
  const { drawFormula } = await import("./draw-formula.ts");
  for (const formula of formulas) {
    const source = formula.title;
    if (source !== "") drawFormula(formula, source);
  }
}
