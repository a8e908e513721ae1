import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const folder = fileURLToPath(new URL("../../examples/", import.meta.url));

/** The last line of each example after it has checked itself. */
const lines: Record<string, string> = {
  "custom-agent": "40 and 2: That makes 42.",
  "embed-express": "Hello from Express.",
  "embed-fastify": "Hello from Fastify.",
  "embed-hono": "Hello from Hono.",
  "embed-nestjs": "Hello from NestJS.",
  "embed-node-http": "Hello from node:http.",
  "embed-vite": "Hello from Vite.",
  "react-chat": "Hello from React.",
  "second-channel": "Three lines of two people, in two sessions.",
  telegram: "Three sessions of two chats: true.",
  "use-chat": "Hello from useChat.",
};

test("every example is run here", () => {
  const programs = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/main.js`));

  expect(programs.sort()).toEqual(Object.keys(lines));
});

test.each(Object.entries(lines))("%s starts, chats, checks itself and exits", async (name, line) => {
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, ["main.js"], { cwd: `${folder}${name}`, env: { PATH } });
  const [output, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ]);

  expect({ output, complaints, code }).toEqual({ output: `${line}\n`, complaints: "", code: 0 });
});
