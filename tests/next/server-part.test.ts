// The parts of the example that need no Next.js: its gateway answers requests as its route does.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { example, readManifest } from "./install.ts";

/** Sends a message to the route of the example, and prints the answer and the messages. */
const program = `
import { GET, POST } from "./app/api/chat/[[...path]]/route.js";
const api = "http://localhost/api/chat";
const parts = [{ type: "text", text: "Hello" }];
const body = JSON.stringify({ id: "main", messages: [{ id: "m1", role: "user", parts }] });
const headers = { "content-type": "application/json" };
const answer = await POST(new Request(api, { method: "POST", headers, body }));
console.log(JSON.stringify([answer.status, await answer.text()]));
console.log(await (await GET(new Request(api + "/main"))).text());
process.exit();
`;

test("the route of the example answers a message and has it after a reload", async () => {
  const modules = fileURLToPath(new URL("node_modules/.cache/", import.meta.url));
  await mkdir(modules, { recursive: true });
  const folder = await mkdtemp(join(modules, "example-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await cp(example, folder, { recursive: true });
  await writeFile(join(folder, "program.mjs"), program);

  const { stdout } = await promisify(execFile)(process.execPath, ["program.mjs"], { cwd: folder });
  const [answer = "", messages = ""] = stdout.split("\n");

  expect(JSON.parse(answer)).toEqual([200, expect.stringContaining("You said: Hello")]);
  expect(JSON.parse(messages)).toMatchObject([{ id: "m1" }, { role: "assistant" }]);
});

test("the example has the versions that the tests of the packages run", async () => {
  const catalog = await readFile(new URL("../../pnpm-workspace.yaml", import.meta.url), "utf8");
  const { dependencies } = readManifest(example);

  for (const name of ["ai", "@ai-sdk/react", "react", "react-dom"])
    expect(catalog).toMatch(new RegExp(`^  "?${name}"?: \\^?${dependencies[name]}$`, "m"));
});
