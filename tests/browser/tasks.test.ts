import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import type { TodoItem } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway, type TestGateway } from "./test-gateway.ts";

const timestamp = 1;
const ESC = "\u001b";

/** Plays a script that continues when `next` is called. */
function inSteps(play: (run: Parameters<Answer>[1], step: () => Promise<void>) => Promise<void>) {
  const steps = { next: () => {} };
  const step = () =>
    new Promise<void>((resolve) => {
      steps.next = resolve;
    });
  const answer: Answer = (_, run) => play(run, step);
  return { answer, next: () => steps.next() };
}

describe.skipIf(whyNoBrowser)("the list of steps", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const list = (page: Page) => page.locator(".todo");
  const steps = (...states: TodoItem["state"][]): TodoItem[] =>
    states.map((state, index) => ({ text: `Step ${index + 1} <b>`, state }));

  test("stands above the composer, through a reload, until it is done", async () => {
    const { answer, next } = inSteps(async ({ show }, step) => {
      show({ type: "todo_updated", items: steps("active", "open"), timestamp });
      await step();
      show({ type: "todo_updated", items: steps("done", "active"), timestamp });
      await step();
      show({ type: "todo_updated", items: steps("done", "done"), timestamp });
      await step();
      show({ type: "assistant_message", id: "a1", content: "All done.", timestamp });
    });
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    expect(await list(page).isVisible()).toBe(false);
    await say(page, "go");
    await eventually(() => list(page).innerText()).toBe("0 of 2 steps\nStep 1 <b>");

    next();
    await eventually(() => list(page).innerText()).toBe("1 of 2 steps\nStep 2 <b>");
    await page.reload();
    await eventually(() => list(page).innerText()).toBe("1 of 2 steps\nStep 2 <b>");
    await list(page).locator("summary").click();
    expect(await list(page).locator("li").allTextContents()).toEqual([
      "Done: Step 1 <b>",
      "In progress: Step 2 <b>",
    ]);
    next();
    await eventually(() => list(page).locator(".todo-progress").innerText()).toBe("2 of 2 steps");
    next();
    await page.getByRole("main").getByText("All done.").waitFor();
    await eventually(() => list(page).isVisible()).toBe(false);
    expect(tab.complaints).toEqual([]);
  });
});

describe.skipIf(whyNoBrowser)("the card of a sub-agent", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  /** Creates the session of a sub-agent. */
  async function startTask({ store }: TestGateway, parentId: string): Promise<string> {
    const parent = { sessionId: parentId, callId: "c1" };
    const { sessionId } = await store.createSession(`task:${parentId}`, { parent });
    await store.appendMessage(sessionId, { role: "user", content: "Look at the wall.", timestamp });
    await store.appendMessage(sessionId, { role: "assistant", content: "It is red.", timestamp });
    return sessionId;
  }

  test("links to the sub-agent's chat while it works, and that chat links back", async () => {
    const call = { callId: "c1", toolName: "task", input: { description: "Look", prompt: "Look." } };
    let taskSessionId = "";
    const { answer, next } = inSteps(async ({ show }, step) => {
      show({ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp });
      show({ type: "tool_start", ...call });
      await step();
      show({ type: "tool_output", callId: "c1", content: "", taskSessionId });
      await step();
      const done = { callId: "c1", toolName: "task", output: "It is red.", isError: false };
      show({ type: "tool_done", id: "t1", ...done, taskSessionId, timestamp });
      show({ type: "assistant_message", id: "a2", content: "Red, then.", timestamp });
    });
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "go");
    await page.locator(".tool-name").waitFor();
    await eventually(async () => page.url()).toContain("#/s/");
    taskSessionId = await startTask(gateway, page.url().split("#/s/")[1] ?? "");
    expect(await page.locator(".task-link").isVisible()).toBe(false);
    next();

    await page.getByRole("link", { name: "Open the sub-agent’s chat" }).click();
    await page.getByRole("main").getByText("It is red.").waitFor();
    await page.getByText("A sub-agent works in this chat.").waitFor();
    expect(await page.locator(".session-row a").count()).toBe(1);
    await page.getByRole("link", { name: "Back to the chat that started it" }).click();
    await page.locator(".tool-name").waitFor();
    expect(await page.getByText("A sub-agent works in this chat.").isVisible()).toBe(false);

    next();
    await page.getByRole("main").getByText("Red, then.").waitFor();
    await page.reload();
    await page.locator(".tool > summary").waitFor();
    await eventually(() => page.locator(".task-link").getAttribute("href")).toBe(`#/s/${taskSessionId}`);
    expect(tab.complaints).toEqual([]);
  });
});

describe.skipIf(whyNoBrowser)("the output of a command", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("has its colours while it runs and afterwards, and nothing else of a terminal", async () => {
    const call = { callId: "c1", toolName: "bash", input: { command: "make" } };
    const { answer, next } = inSteps(async ({ show }, step) => {
      show({ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp });
      show({ type: "tool_start", ...call });
      const colours = `${ESC}]0;title\u0007${ESC}[1;31merror${ESC}[0m: <img src=x>\n10 %\r90 %\n`;
      show({ type: "tool_output", callId: "c1", content: colours });
      await step();
      const output = "error: <img src=x>\n90 %\n[exit status 1]";
      show({ type: "tool_done", id: "t1", callId: "c1", toolName: "bash", output, isError: true, timestamp });
      show({ type: "assistant_message", id: "a2", content: "It failed.", timestamp });
    });
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "make");
    const output = page.locator(".tool-output pre");
    const red = output.locator(".ansi-1.ansi-bold");
    await eventually(() => output.textContent()).toBe("error: <img src=x>\n90 %\n");
    expect(await red.textContent()).toBe("error");

    next();
    await page.getByRole("main").getByText("It failed.").waitFor();
    await eventually(() => output.textContent()).toBe("error: <img src=x>\n90 %\n[exit status 1]");
    expect(await red.textContent()).toBe("error");
    await page.reload();
    await eventually(() => output.textContent()).toBe("error: <img src=x>\n90 %\n[exit status 1]");
    expect(tab.complaints).toEqual([]);
  });
});

describe.skipIf(whyNoBrowser)("the states of the app's parts", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("stand below the list of chats, and are loaded again when they are opened", async () => {
    let state: "ok" | "failed" = "failed";
    const store = createMemoryStore();
    await using gateway = new GatewayServer({ store, agent: textAgent(() => "Hello.") });
    const parts = () => [
      { name: "MCP server files", state: "ok" as const, detail: "2 tools" },
      { name: "MCP server <b>", state, detail: "exit 1\nno such file" },
    ];
    const { port } = await gateway.listen({ port: 0, parts, serve: serveWebChat({ showParts: true }) });
    await using tab = await openPage(browser, `http://127.0.0.1:${port}/`);
    const { page } = tab;
    const status = page.locator(".parts");
    await eventually(() => status.locator("summary").innerText()).toBe("Status\n1 failed");

    state = "ok";
    await status.locator("summary").click();
    await eventually(() => status.locator("li").allInnerTexts()).toEqual([
      "MCP server files connected\n2 tools",
      "MCP server <b> connected\nexit 1\nno such file",
    ]);
    expect(await status.locator("summary").innerText()).toBe("Status");
    expect(tab.complaints).toEqual([]);
  });

  test("are not there for an app without any", async () => {
    const store = createMemoryStore();
    await using gateway = new GatewayServer({ store, agent: textAgent(() => "Hello.") });
    const { port } = await gateway.listen({ port: 0, serve: serveWebChat() });
    await using tab = await openPage(browser, `http://127.0.0.1:${port}/`);
    await say(tab.page, "hi");
    await tab.page.getByRole("main").getByText("Hello.").waitFor();
    expect(await tab.page.locator(".parts").isVisible()).toBe(false);
  });
});
