import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const token = "0123456789abcdef0123456789abcdef";
const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };

test("the server answers over HTTP, shows its metrics, and logs as JSON without secrets or contents", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServer(directory.path, {
    MINI_OPENCLAW_TOKEN: token,
    MINI_OPENCLAW_METRICS: "on",
    MINI_OPENCLAW_LOG_LEVEL: "debug",
  });
  const ask = (path: string, init: RequestInit = { headers }) => fetch(`${server.url}${path}`, init);

  const body = JSON.stringify({ content: "my very own words" });
  const answer = await ask("sessions/current/messages", { method: "POST", headers, body });
  const stranger = await ask("metrics", { headers: { authorization: "Bearer a-wrong-token" } });
  const metrics = await (await ask("metrics")).text();
  await server.stop();

  expect(await answer.json()).toMatchObject({ outcome: "completed", content: expect.stringMatching(/./) });
  expect(stranger.status).toBe(401);
  expect(metrics).toContain('mini_openclaw_runs_total{outcome="completed"} 1\n');
  expect(metrics).toContain("nodejs_eventloop_lag_seconds");
  const lines = server
    .text()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
    ...["listening", "run started", "run ended", "request refused", "stopping", "stopped"],
  ]);
  expect(lines.join("\n")).not.toMatch(/my very own words|0123456789abcdef|a-wrong-token/);
});
