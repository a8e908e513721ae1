import type { IncomingMessage, ServerResponse } from "node:http";
import type { PageSettings } from "@mini-openclaw/web-chat";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, foreignRequests, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { payloads } from "./payloads.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

const settings: PageSettings = {
  models: ["small", "large"],
  efforts: ["low", "high"],
  costs: [
    { day: "2026-11-27", costUsd: 0.5 },
    { day: "2026-11-28", costUsd: 0 },
    { day: "2026-11-29", costUsd: 1.25 },
  ],
  tools: [{ name: "bash", text: "Runs a command." }, { name: "grep" }],
  skills: [{ name: "review", text: "Reviews a change." }],
  memory: [{ name: "MEMORY.md", text: "- likes tea" }],
};

/** An app that answers `settings`, and remembers the selections that it got. */
function createApp(answer: unknown, status = 200) {
  const selections: unknown[] = [];
  const asked: string[] = [];
  let chat = {};
  function serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = "", method = "" } = request;
    if (!/^\/settings(?:\?|$)/.test(url)) return false;
    asked.push(`${method} ${url}`);
    if (method === "GET") {
      response.writeHead(status).end(JSON.stringify({ ...Object(answer), chat }));
      return true;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      chat = JSON.parse(body) as object;
      selections.push(chat);
      response.writeHead(status).end("{}");
    });
    return true;
  }
  return { serve, selections, asked };
}

/** Returns true for a request of the page for the app's settings. */
const isSettings = (url: string) => /\/settings\?(?:session=|only=schedules$)/.test(url);

async function openSettings(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  await page.locator(".app-settings[open] section").first().waitFor();
}

describe.skipIf(whyNoBrowser)("the settings of the app", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("show the costs by day, the memory, the skills and the tools", async () => {
    const { serve } = createApp(settings);
    await using gateway = await startGateway({ showSettings: true, serve });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await openSettings(page);
    const dialog = page.getByRole("dialog", { name: "Settings" });

    expect(await dialog.locator(".cost-chart li").allTextContents()).toEqual([
      "Nov 27: $0.50",
      "Nov 28: $0.00",
      "Nov 29: $1.25",
    ]);
    const heights = dialog.locator(".cost-bar").evaluateAll((bars) => bars.map((bar) => bar.clientHeight));
    const [first = 0, none = 0, last = 0] = await heights;
    expect([none < 4, Math.round((10 * first) / last)]).toEqual([true, 4]);
    expect(await dialog.locator(".cost-range").innerText()).toContain("$1.75 in total");
    expect(await dialog.locator("summary").allTextContents()).toEqual(["MEMORY.md", "review", "bash"]);
    await dialog.getByText("MEMORY.md").click();
    expect(await dialog.getByRole("group", { name: "MEMORY.md" }).innerText()).toBe("- likes tea");
    expect(tab.complaints).toEqual([]);
  });

  test("select a model and an effort for the shown chat, which are still selected later", async () => {
    const { serve, selections, asked } = createApp(settings);
    await using gateway = await startGateway({ showSettings: true, serve, answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.locator(".answer-end").waitFor();
    const sessionId = new URL(page.url()).hash.slice("#/s/".length);
    await openSettings(page);
    await page.getByRole("combobox", { name: "Model" }).selectOption("large");
    await page.getByText("Saved. The next answer uses it.").waitFor();
    await page.getByRole("combobox", { name: "Effort" }).selectOption("low");
    await eventually(async () => selections).toEqual([
      { sessionId, model: "large", effort: "" },
      { sessionId, model: "large", effort: "low" },
    ]);

    await page.reload();
    await page.locator(".answer-end").waitFor();
    await openSettings(page);
    expect(await page.getByRole("combobox", { name: "Model" }).inputValue()).toBe("large");
    expect(await page.getByRole("combobox", { name: "Effort" }).inputValue()).toBe("low");
    expect(asked.at(-1)).toBe(`GET /settings?session=${sessionId}`);
  });

  test("mark the chats of schedules in the list, with their times", async () => {
    const app: { serve?: ReturnType<typeof createApp>["serve"] } = {};
    await using gateway = await startGateway({
      showSettings: true,
      serve: (request, response) => app.serve?.(request, response) ?? false,
    });
    const { sessionId } = await gateway.store.createSession("webchat");
    await gateway.store.appendMessage(sessionId, { role: "user", content: "Any news?", timestamp });
    const other = await gateway.store.createSession("webchat");
    await gateway.store.appendMessage(other.sessionId, { role: "user", content: "Hello.", timestamp });
    const hostile = payloads.map((when) => ({ sessionId: "unknown", when, next: when }));
    app.serve = createApp({
      schedules: [...hostile, { sessionId, when: "0 9 * * 1-5" }, { when: 5 }, null],
    }).serve;
    await using tab = await openPage(browser, gateway.url);
    const row = tab.page.locator(".session-row", { hasText: "Any news?" });
    await row.locator(".session-schedule svg").waitFor();

    expect(await row.locator(".session-schedule").textContent()).toBe("Schedule 0 9 * * 1-5: ");
    expect(await row.locator("a").getAttribute("title")).toBe("Any news?\nSchedule 0 9 * * 1-5");
    expect(await tab.page.locator(".session-schedule:visible").count()).toBe(1);
    expect(await tab.page.locator(".session-title").allTextContents()).toEqual(
      expect.arrayContaining(["Any news?", "Hello."]),
    );
    expect(foreignRequests(tab, gateway.url).filter((url) => !isSettings(url))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("close with Esc, which stops no answer", async () => {
    const { serve } = createApp(settings);
    const answer: Answer = async (_, { show, stopped }) => {
      show({ type: "chunk", messageId: "a1", content: "Once upon" });
      await stopped;
      show({ type: "assistant_message", id: "a1", content: "Once upon", timestamp, partial: "aborted" });
    };
    await using gateway = await startGateway({ showSettings: true, serve, answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByText("Once upon").waitFor();
    await openSettings(page);
    await page.keyboard.press("Escape");
    await page.locator(".app-settings").waitFor({ state: "hidden" });
    await eventually(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
      "Settings",
    );

    expect(gateway.received.filter(({ type }) => type === "abort")).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByText("Stopped here").waitFor();
  });

  test("that cannot be loaded or saved are reported", async () => {
    const broken = createApp("no settings", 500);
    await using gateway = await startGateway({ showSettings: true, serve: broken.serve });
    await using tab = await openPage(browser, gateway.url);
    await tab.page.getByRole("button", { name: "Settings" }).click();

    await tab.page.getByText("The settings could not be loaded.").waitFor();
    expect(broken.asked.filter((asked) => !asked.includes("only=schedules"))).toHaveLength(1);
  });

  test("without content say so", async () => {
    const { serve } = createApp({});
    await using gateway = await startGateway({ showSettings: true, serve, locale: "zh-CN" });
    await using tab = await openPage(browser, gateway.url);
    await tab.page.getByRole("button", { name: "设置" }).click();

    await tab.page.getByText("暂无可设置的内容。").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  test("are absent where the app has none", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url);
    await tab.page.locator(".status[data-phase=open]").waitFor();

    expect(await tab.page.getByRole("button", { name: "Settings" }).count()).toBe(0);
  });

  test("run and load nothing, whatever the app reads from files and servers", async () => {
    const facts = payloads.map((text) => ({ name: text, text }));
    const { serve } = createApp({
      ...{ models: ["small", ...payloads], efforts: payloads, tools: facts, skills: facts, memory: facts },
      costs: [{ day: "2026-11-29", costUsd: 1 }],
    });
    await using gateway = await startGateway({ showSettings: true, serve, answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.locator(".answer-end").waitFor();
    await openSettings(page);
    const dialog = page.locator(".app-settings");
    await dialog.locator("details").evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));

    expect(await dialog.locator("pre").allTextContents()).toEqual(
      ["memory", "skills", "tools"].flatMap(() => payloads),
    );
    expect(await dialog.getByLabel("Effort").locator("option").allTextContents()).toEqual([
      "The model’s default",
      ...payloads,
    ]);
    const foreign = "script,img,svg,math,iframe,object,embed,form,input,base,link,meta,style,video,audio";
    expect(await dialog.locator(foreign).count()).toBe(0);
    expect(foreignRequests(tab, gateway.url).filter((url) => !isSettings(url))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });
});
