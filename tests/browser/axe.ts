import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";

export const desktop = { viewport: { width: 1280, height: 800 } };
export const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** Each size, theme and language of the page, with its name. */
export const looks = [desktop, phone].flatMap((size) =>
  (["light", "dark"] as const).flatMap((colorScheme) =>
    ["en", "zh-CN"].map((locale): [string, BrowserContextOptions] => [
      `${size === phone ? "phone" : "desktop"}, ${colorScheme}, ${locale}`,
      { ...size, colorScheme, locale },
    ]),
  ),
);

/** Returns the findings of axe on the page, one line a rule. */
export async function findingsOn(page: Page): Promise<string[]> {
  // Colours are judged when they stand still.
  await page.evaluate(() => {
    for (const one of document.getAnimations()) {
      if (one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY) one.finish();
    }
  });
  // Handed over by the browser's debugger, so that the page's policy stays as it is.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ["violations"] }),
  );
  return violations.map(
    ({ id, impact, nodes }) => `${impact}: ${id}: ${nodes.map(({ html }) => html).join(" | ")}`,
  );
}
