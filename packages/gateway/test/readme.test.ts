import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const run = promisify(execFile);
const hasCurl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

test.skipIf(!hasCurl)("the README's curl lines do what it says", async () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const lines = readme.split("\n").filter((line) => line.startsWith("curl "));
  await using gateway = await testGateway();

  const outputs: string[] = [];
  for (const line of lines) {
    const { stdout } = await run("sh", ["-c", line.replace("127.0.0.1:3210", gateway.address)]);
    outputs.push(stdout);
  }

  const [answer = "", stream = "", sessions = "", messages = "", transcript = "", aborted = ""] = outputs;
  expect(JSON.parse(answer)).toMatchObject({ outcome: "completed", content: "Hello" });
  expect(stream.match(/^event: \w+$/gm)?.at(-1)).toBe("event: run_end");
  expect(JSON.parse(sessions)).toMatchObject({ sessions: [{ title: "Hello", messageCount: 4 }] });
  expect(JSON.parse(messages)).toMatchObject({ messages: Array(4).fill({ content: "Hello" }) });
  expect(transcript.trimEnd().split("\n")).toHaveLength(7);
  expect(JSON.parse(aborted)).toMatchObject({ code: "RUN_NOT_FOUND" });
  expect(outputs).toHaveLength(6);
});
