import type { Browser, BrowserContextOptions } from "playwright-core";
import { findingsOn } from "./axe.ts";
import { openPage, type TestPage } from "./browser.ts";
import { type Answer, startGateway, type TestGateway } from "./test-gateway.ts";

const facts = [{ name: "a name", text: "A text about it." }];
const settings = {
  ...{ models: ["small", "large"], efforts: ["low", "high"], tools: facts, skills: facts, memory: facts },
  costs: [
    { day: "2026-11-28", costUsd: 1 },
    { day: "2026-11-29", costUsd: 2 },
  ],
};

/** A page with settings, which axe checks in one state after the other. */
export interface AccessiblePage extends TestPage {
  readonly gateway: TestGateway;
  /** Runs axe on the state that the page is in. */
  check(state: string): Promise<void>;
  /** Opens the list of sessions, or closes it, where it covers the conversation. */
  toggleSidebar(): Promise<void>;
  /** Returns the findings, one line a rule and a state. */
  findings(): string[];
}

/** Opens the page of a gateway that answers with `answer`. */
export async function openAccessiblePage(
  browser: Browser,
  options: BrowserContextOptions,
  answer: Answer,
): Promise<AccessiblePage> {
  const gateway = await startGateway({
    ...{ demo: true, answer, showSettings: true },
    serve: ({ url = "" }, response) => {
      if (!/^\/settings(?:\?|$)/.test(url)) return false;
      response.end(JSON.stringify(settings));
      return true;
    },
  });
  const tab = await openPage(browser, gateway.url, options);
  const findings: string[] = [];
  await tab.page.locator(".status[data-phase=open]").waitFor();
  return {
    ...tab,
    gateway,
    async check(state) {
      for (const finding of await findingsOn(tab.page)) findings.push(`${state}: ${finding}`);
    },
    async toggleSidebar() {
      const toggle = tab.page.locator(".sidebar-toggle");
      if (await toggle.isVisible()) await toggle.click();
    },
    findings: () => findings,
    async [Symbol.asyncDispose]() {
      await tab[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}
