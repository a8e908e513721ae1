import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { PassThrough } from "node:stream";
import { connect, type Session } from "@mini-openclaw/client";
import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import type { ApprovalRequestEvent } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startRun } from "../../src/cli/chat/own-run.ts";
import { createQuestions } from "../../src/cli/chat/questions.ts";

const hi = { content: "hi", blocks: [] };

test("stops its own run while it waits behind the run of another client", async () => {
  let finish = () => {};
  const answer = () =>
    new Promise<string>((resolve) => {
      finish = () => resolve("Done.");
    });
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: textAgent(answer) });
  const { port } = await gateway.listen({ port: 0 });
  const clients = ["page", "terminal"].map(() => connect({ url: `ws://127.0.0.1:${port}/`, WebSocket }));
  onTestFinished(async () => {
    for (const client of clients) client.close();
    await gateway.close({ drainMs: 0 });
  });
  const [page, terminal] = clients.map((client) => client.session()) as [Session, Session];
  const { runId } = await page.send("a long one");
  await vi.waitFor(() => expect(terminal.getSnapshot().view.activeRuns).toEqual([runId]));

  const { events, stop } = startRun(terminal, hi);
  stop();
  const ends: string[] = [];
  for await (const event of events) if (event.type === "run_end") ends.push(event.outcome);

  expect(ends).toEqual(["aborted"]);
  expect(page.getSnapshot().view.activeRuns).toEqual([runId]);
  finish();
  await vi.waitFor(() => expect(page.getSnapshot().view.activeRuns).toEqual([]));
  expect(page.getSnapshot().view.items.at(-1)).toMatchObject({ kind: "assistant", content: "Done." });
});

test("asks one question after another, and takes back what was decided elsewhere", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const lines = createInterface({ input, output });
  onTestFinished(() => lines.close());
  const decided: string[] = [];
  const session = {
    approve: async (callId: string, decision: string) => void decided.push(`${callId}: ${decision}`),
  };
  const questions = createQuestions(lines, session as unknown as Session);
  const request = { type: "approval_request", toolName: "bash", reason: "ls" } as ApprovalRequestEvent;
  let shown = "";
  output.on("data", (text: Buffer) => {
    shown += String(text);
  });
  const untilAsked = (count: number) =>
    vi.waitFor(() => expect(shown.split("[n]o: ")).toHaveLength(count + 1));

  for (const callId of ["a", "b", "c", "d"]) questions.ask({ ...request, callId });
  await untilAsked(1);
  questions.settle("a");
  questions.settle("c");
  await untilAsked(2);
  input.write("y\n");
  await untilAsked(3);
  questions.close();
  input.end();
  await once(lines, "close");

  expect(decided).toEqual(["b: once"]);
});
