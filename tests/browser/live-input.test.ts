import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  eventually,
  foreignRequests,
  launchBrowser,
  openPage,
  rowsOf,
  say,
  whyNoBrowser,
} from "./browser.ts";
import { payloads } from "./payloads.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

/**
 * Writes the input of a call in pieces. `next` emits one more piece, and the rest after the last.
 */
function createWriter(input: Record<string, unknown>, pieces: readonly string[]) {
  const waiting: (() => void)[] = [];
  const call = { callId: "c1", toolName: "write_file", input };
  const answer: Answer = async (_, { show }) => {
    for (const content of pieces) {
      show({ type: "tool_input", messageId: "a1", callId: "c1", toolName: "write_file", content });
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    show({ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp });
    show({ type: "tool_start", ...call });
    const result = { callId: "c1", toolName: "write_file", output: "Written.", isError: false, timestamp };
    show({ type: "tool_done", id: "t1", ...result });
    show({ type: "assistant_message", id: "a2", content: "Done.", timestamp });
  };
  return { answer, next: () => waiting.shift()?.() };
}

describe.skipIf(whyNoBrowser)("a call that the model writes", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("has a card that fills, also for a page that is opened meanwhile", async () => {
    const input = { file_path: "src/claw.ts", content: "let claw = 1;\nlet paw = 2;\n" };
    const json = JSON.stringify(input);
    const { answer, next } = createWriter(input, [json.slice(0, 12), json.slice(12, 52), json.slice(52)]);
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const card = page.locator(".tool");
    await say(page, "write");
    await page.getByText("Writing…").waitFor();
    expect(await card.locator(".tool-name").innerText()).toBe("write_file");
    next();
    await eventually(() => card.locator("dd pre").allTextContents()).toEqual([
      "src/claw.ts",
      "let claw = 1;",
    ]);
    expect(await card.locator(".tool-gist").innerText()).toBe("src/claw.ts");

    await page.reload();
    await eventually(() => card.locator("dd pre").allTextContents()).toEqual([
      "src/claw.ts",
      "let claw = 1;",
    ]);
    next();
    await eventually(() => card.locator("dd pre").allTextContents()).toEqual(["src/claw.ts", input.content]);
    next();
    await page.locator(".answer-end").waitFor();
    expect(await card.locator(".tool-phase").textContent()).toBe("Done");
    expect(await card.locator("dd pre").allTextContents()).toEqual([input.content]);
    expect(tab.complaints).toEqual([]);
  });

  test("runs nothing and loads nothing while it is written", async () => {
    const input = Object.fromEntries(payloads.map((text, index) => [`${text} ${index}`, text]));
    const json = JSON.stringify(input);
    const { answer, next } = createWriter(input, [json.slice(0, -1)]);
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "write");

    await eventually(() => page.locator(".tool dd pre").allTextContents()).toEqual(payloads);
    expect(await page.locator(".tool").locator("script,img,svg,iframe,object,form,a").count()).toBe(0);
    next();
    await page.locator(".answer-end").waitFor();
    expect(foreignRequests(tab, gateway.url)).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("an edit in another tab replaces the messages here at once", async () => {
    const answer: Answer = ({ content }, { show }) => {
      show({ type: "assistant_message", id: "a1", content: `You said: ${content}`, timestamp });
    };
    await using gateway = await startGateway({ answer, servesHttp: true });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("You said: one").waitFor();
    await say(page, "two");
    await page.getByRole("main").getByText("You said: two").waitFor();
    const sessionId = new URL(page.url()).hash.slice("#/s/".length);
    const [first] = (await gateway.store.loadMessages(sessionId)).filter(({ role }) => role === "user");

    const edited = await fetch(`${gateway.url}sessions/${sessionId}/edit`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messageId: first?.id, content: "three" }),
    });
    expect(edited.status).toBe(202);

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: three",
      "assistant: Assistant: You said: three",
    ]);
  });
});
