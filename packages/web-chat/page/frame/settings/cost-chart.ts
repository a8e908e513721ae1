import { element } from "../../dom/elements.ts";
import type { Formats } from "../../language/formats.ts";
import type { Texts } from "../../language/texts.ts";

/** Creates a bar for each day, and the sum. Screen readers get each day with its cost. */
export function createCostChart(
  costs: readonly { readonly day: string; readonly costUsd: number }[],
  { texts, formats }: { texts: Texts; formats: Formats },
): HTMLElement {
  const highest = Math.max(...costs.map(({ costUsd }) => costUsd));
  const sum = costs.reduce((total, { costUsd }) => total + costUsd, 0);
  const days = new Intl.DateTimeFormat(texts.language, { month: "short", day: "numeric", timeZone: "UTC" });
  const bars = costs.map(({ day, costUsd }) => {
    const label = `${days.format(new Date(day))}: ${formats.money(costUsd)}`;
    const bar = element("span", "cost-bar");
    bar.style.blockSize = `${highest === 0 ? 0 : (100 * costUsd) / highest}%`;
    const item = element("li", "", bar, element("span", "sr-only", label));
    item.title = label;
    return item;
  });
  const chart = element("ol", "cost-chart", ...bars);
  const [first, last] = [costs[0], costs.at(-1)].map((cost) => days.format(new Date(cost?.day ?? 0)));
  const range = element("p", "settings-hint cost-range", element("span", "", first ?? ""));
  range.append(element("strong", "", texts.costSum(formats.money(sum))), element("span", "", last ?? ""));
  return element("div", "", chart, range);
}
