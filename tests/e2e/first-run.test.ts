import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const hasScript = existsSync("/usr/bin/script");

/** Runs the server in a terminal, by script of util-linux. */
function startInTerminal(cwd: string, env: Record<string, string>) {
  const command = `${process.execPath} ${main} start --port 0`;
  const child = spawn("/usr/bin/script", ["-qefc", command, "/dev/null"], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TERM: "xterm", ...env },
  });
  const exited = once(child, "exit");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return {
    text: () => text,
    type: (answer: string) => child.stdin.write(answer),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/**
 * Sends a message to the server that runs, and returns what the command reports beside the answer.
 */
function askOnce(cwd: string): Promise<string> {
  const options = { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd } };
  return new Promise((resolve) => {
    const args = [main, "run", "list the files"];
    const child = execFile(process.execPath, args, options, (_, __, err) => resolve(err));
    child.stdin?.end();
  });
}

const key = { ANTHROPIC_API_KEY: "k" };

test.skipIf(!hasScript).each([
  ["1\r", ["bash"]],
  ["\r", ["risky"]],
  ["3\r", ["off"]],
])("the first start in a terminal asks once, and saves the answer %j", async (answer, approval) => {
  await using folder = await temporaryDirectory();
  const file = join(folder.path, ".config", "mini-openclaw", "config.json");
  {
    await using first = startInTerminal(folder.path, key);
    await expect.poll(first.text).toContain("1, 2 or 3 [2]:");
    expect(first.text()).not.toContain("Open http");
    first.type(answer);
    await expect.poll(first.text).toMatch(/Open http/);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ approval });
  }
  await using second = startInTerminal(folder.path, { ...key, MINI_OPENCLAW_DATA_DIR: "other" });
  await expect.poll(second.text).toMatch(/Open http/);
  expect(second.text()).not.toContain("1, 2 or 3");
});

test.skipIf(!hasScript)("the demo asks nothing, and neither does a set value", async () => {
  await using folder = await temporaryDirectory();
  for (const env of [{}, { ...key, MINI_OPENCLAW_APPROVAL: "write" }]) {
    await using server = startInTerminal(folder.path, {
      ...env,
      MINI_OPENCLAW_DATA_DIR: `d${Object.keys(env).length}`,
    });
    await expect.poll(server.text).toMatch(/Open http/);
    expect(server.text()).not.toContain("1, 2 or 3");
  }
});

test("a server that runs uses a new rule for questions, and names what needs a restart", async () => {
  await using folder = await temporaryDirectory();
  const config = join(folder.path, ".config", "mini-openclaw", "config.json");
  mkdirSync(join(folder.path, ".config", "mini-openclaw"), { recursive: true });
  const write = (text: string) => {
    writeFileSync(`${config}.new`, text);
    renameSync(`${config}.new`, config);
  };
  write("{}");
  await using server = await startServer(folder.path);
  expect(await askOnce(folder.path)).not.toContain("is denied");

  write('{ "approval": ["all"], "effort": "low" }');
  await expect.poll(server.text).toContain("Changed without a restart: approval.");
  await expect.poll(server.text).toContain("Restart the server to use the new values of: effort.");
  expect(await askOnce(folder.path)).toContain("[list_files] is denied");

  write("{");
  await expect.poll(server.text).toContain("cannot be read as JSON");
  write('{ "approval": ["all"], "effort": "low", "prot": 1 }');
  await expect.poll(server.text).toContain("Did you mean port?");
});
