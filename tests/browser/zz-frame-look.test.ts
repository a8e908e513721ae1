import { test } from "vitest";
import { launchBrowser, openPage, say } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";
import { usesATool } from "./answers.ts";
test("look", async () => {
const browser = await launchBrowser();
const gateway = await startGateway({ answer: usesATool, demo: true });
for (const [name, opts] of [["desk", { viewport: { width: 1280, height: 800 } }], ["phone", { viewport: { width: 390, height: 780 }, colorScheme: "dark", locale: "zh-CN" }]] as const) {
  const tab = await openPage(browser, gateway.url, opts as never);
  await tab.page.waitForTimeout(400);
  await tab.page.screenshot({ path: `/tmp/wc/${name}-empty.png` });
  await say(tab.page, "Which files are here?");
  await tab.page.locator(".tool[data-phase=done]").first().waitFor();
  await tab.page.waitForTimeout(300);
  await tab.page.screenshot({ path: `/tmp/wc/${name}.png` });
  await tab[Symbol.asyncDispose]();
}
await gateway[Symbol.asyncDispose]();
await browser.close();
});
