// Makes the pictures in docs/screenshots with the built page, a real gateway and Debian's Chromium.
// Run it after a build: pnpm run screenshots

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import { chromium } from "playwright-core";
import { fillStore, scenes, scriptedAgent } from "./scene.mjs";

const target = fileURLToPath(new URL("../../../docs/screenshots/", import.meta.url));

const looks = {
  desktop: { viewport: { width: 1280, height: 1064 }, deviceScaleFactor: 1.5 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
};

/** As WebP, which is a third of a PNG here. */
async function asWebp(page, png) {
  const base64 = await page.evaluate(async (source) => {
    const bytes = Uint8Array.from(atob(source), (char) => char.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.82 });
    let text = "";
    for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
    return btoa(text);
  }, png.toString("base64"));
  return Buffer.from(base64, "base64");
}

async function takeOne(browser, language, size, colorScheme) {
  const scene = scenes[language];
  const store = createMemoryStore();
  const gateway = new GatewayServer({ store, agent: scriptedAgent(scene), onFailure: () => {} });
  const { unread, scheduled } = await fillStore(store, gateway, scene);
  const next = new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000);
  const settings = { schedules: [{ sessionId: scheduled, when: "0 * * * *", next }] };
  const webChat = serveWebChat({ showSettings: true });
  const { port } = await gateway.listen({
    port: 0,
    serve(request, response) {
      if (!request.url.startsWith("/settings?")) return webChat(request, response);
      response.end(JSON.stringify(settings));
      return true;
    },
  });
  const context = await browser.newContext({ ...looks[size], colorScheme, locale: scene.locale });
  const page = await context.newPage();
  await page.addInitScript(
    (id) => localStorage.setItem("mini-openclaw.seen", JSON.stringify({ [id]: 1 })),
    unread,
  );
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.locator(".status[data-phase=open]").waitFor();
  // A machine that makes pictures has few fonts; this one stands nearest to what people have.
  await page.evaluate(() =>
    document.documentElement.style.setProperty("--sans", "'Noto Sans CJK SC', sans-serif"),
  );
  await page.locator(".new-chat").dispatchEvent("click");
  await page.locator(".welcome").waitFor();
  await page.locator(".session-schedule:not([hidden])").waitFor({ state: "attached" });
  await page.getByRole("textbox").fill(scene.question);
  await page.locator("form.composer .send").click();
  await page.locator(".decision:visible").first().waitFor();
  await page.locator(".hljs-string").first().waitFor();
  await page.locator(".conversation").evaluate((one) => one.scrollTo(0, one.scrollHeight));
  await page.mouse.move(0, 0);
  // New elements fade in, so the picture waits for the end of that.
  await page.waitForTimeout(500);
  const file = join(target, `${size}-${colorScheme}-${language}.webp`);
  const blank = await context.newPage();
  await writeFile(file, await asWebp(blank, await page.screenshot()));
  await context.close();
  await gateway.close({ drainMs: 0 });
  await store.close();
  console.log(file);
}

await mkdir(target, { recursive: true });
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--font-render-hinting=none"],
});
for (const language of ["en", "zh"]) {
  for (const size of ["desktop", "phone"]) {
    for (const colorScheme of ["light", "dark"]) await takeOne(browser, language, size, colorScheme);
  }
}
await browser.close();
