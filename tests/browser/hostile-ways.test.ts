import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { foreignRequests, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { payloads } from "./payloads.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

/** Returns the elements of a part of the page that only untrusted HTML could have made. */
function foreignIn(page: Page, part: string): Promise<string[]> {
  return page
    .locator(part)
    .locator(
      "script,iframe,object,embed,base,link,meta,style,video,audio,math,svg:not(.icon),[onerror],[onload]",
    )
    .evaluateAll((all) => all.map((one) => one.outerHTML));
}

describe.skipIf(whyNoBrowser)("untrusted text beside the conversation", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("runs and loads nothing as the name, the greeting and the suggestions of an app", async () => {
    for (let start = 0; start < payloads.length; start += 10) {
      const suggestions = payloads.slice(start, start + 10);
      const [title = "", greeting = ""] = suggestions;
      await using gateway = await startGateway({ title, greeting, suggestions });
      await using tab = await openPage(browser, gateway.url);
      const { page } = tab;
      await page.locator(".welcome").waitFor();

      expect(await page.locator(".suggestion").allTextContents()).toEqual(suggestions);
      expect(await page.locator(".welcome h2").textContent()).toBe(greeting);
      expect(await page.locator(".brand > span").textContent()).toBe(title);
      expect(await foreignIn(page, "body")).toEqual([]);
      expect(foreignRequests(tab, gateway.url)).toEqual([]);
      expect(tab.complaints).toEqual([]);
    }
  });

  test("runs and loads nothing in steps, questions, sub-agents and names of files", async () => {
    const answer: Answer = async (_, { show, stopped }) => {
      const items = payloads.map((text) => ({ text: text.slice(0, 200), state: "active" as const }));
      show({ type: "todo_updated", items, timestamp });
      const files = payloads.map((name) => ({
        ...({ type: "document", mediaType: "text/plain", data: "aGk=" } as const),
        name: name.slice(0, 200),
      }));
      const calls = payloads.map((text, index) => ({
        ...{ callId: `c${index}`, toolName: "task", input: { instruction: text } },
      }));
      show({ type: "assistant_message", id: "a1", content: "", toolCalls: calls, timestamp });
      for (const [index, call] of calls.entries()) {
        show({ type: "tool_start", ...call });
        show({
          ...{ type: "tool_done", id: `t${index}`, callId: call.callId, toolName: "task", isError: false },
          ...{
            output: "",
            timestamp,
            taskSessionId: payloads[index] ?? "",
            blocks: files.slice(index, index + 1),
          },
        });
      }
      const asking = payloads.map((_text, index) => ({ callId: `q${index}`, toolName: "bash", input: {} }));
      show({ type: "assistant_message", id: "a2", content: "", toolCalls: asking, timestamp });
      for (const [index, { callId, toolName }] of asking.entries()) {
        const reason = payloads[index] ?? "";
        show({ type: "approval_request", callId, toolName, reason, code: reason });
      }
      await stopped;
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 1280, height: 4000 } });
    const { page } = tab;
    await say(page, "go");
    await page
      .locator(".approval:not([hidden])")
      .nth(payloads.length - 1)
      .waitFor();
    await page.locator("details").evaluateAll((all) => all.forEach((one) => one.setAttribute("open", "")));

    expect(await page.locator(".approval:not([hidden]) p").allTextContents()).toEqual(
      payloads.map((reason) => `Allow this? ${reason}`),
    );
    expect(await page.locator(".todo li").count()).toBe(payloads.length);
    expect(await page.locator(".file-name").allTextContents()).toEqual(
      payloads.map((name) => name.slice(0, 200)),
    );
    const links = page.locator(".task-link:not([hidden])");
    expect(await links.evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).origin))).toEqual(
      payloads.map(() => new URL(gateway.url).origin),
    );
    expect(await foreignIn(page, ".page")).toEqual([]);
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
    await page.keyboard.press("Escape");
  });
});
