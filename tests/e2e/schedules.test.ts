import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

/** Runs `mini-openclaw schedule …` in a folder that is also the user's home. */
function schedule(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const options = { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd } };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, "schedule", ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

interface Row {
  name: string;
  next?: string;
  last?: { due: string; outcome: string };
}

async function rowsOf(cwd: string): Promise<Row[]> {
  return JSON.parse((await schedule(cwd, "ls", "--json")).out) as Row[];
}

test("adds, lists, runs and removes a schedule without a server", async () => {
  await using folder = await temporaryDirectory();
  const at = (...args: string[]) => schedule(folder.path, ...args);

  expect((await at("ls")).out).toContain("There are no schedules.");
  const added = await at("add", "files", "0 9 * * 1-5", "list the files", "--time-zone", "Asia/Shanghai");
  expect(added).toMatchObject({ code: 0, out: expect.stringMatching(/next time is 20\d\d-.+T01:00:00/) });
  expect((await at("ls")).out).toMatch(
    /^files\t0 9 \* \* 1-5 \(Asia\/Shanghai\)\tlist the files\n {2}next .+, last never$/m,
  );

  const ran = await at("run", "files");
  expect(ran).toMatchObject({ code: 0, out: expect.stringContaining("README.md") });
  await at("run", "files");
  const [row] = await rowsOf(folder.path);
  expect(row).toMatchObject({ name: "files", last: { outcome: "completed" } });

  expect(await at("rm", "flies")).toMatchObject({
    code: 64,
    err: expect.stringContaining("Did you mean files?"),
  });
  expect((await at("rm", "files")).code).toBe(0);
  expect(await rowsOf(folder.path)).toEqual([]);
});

test("a server that runs reads a new schedule, and the page lists its session by name", async () => {
  await using folder = await temporaryDirectory();
  await using server = await startServer(folder.path);
  const state = join(folder.path, ".mini-openclaw", "schedule.json");

  await schedule(folder.path, "add", "news", "0 9 * * *", "list the files");
  // The server opens the session of a schedule when it starts its timer.
  await expect.poll(() => readFileSync(state, "utf8")).toContain('"news"');
  const ran = await schedule(folder.path, "run", "news");

  expect(ran.code).toBe(0);
  const list = (await (await fetch(`${server.url}sessions`)).json()) as {
    sessions: { sessionId: string; title: string }[];
  };
  expect(list.sessions.map(({ title }) => title)).toEqual(["Schedule: news"]);
  const settings = await fetch(`${server.url}settings?only=schedules`);
  expect(await settings.json()).toEqual({
    schedules: [
      {
        sessionId: list.sessions[0]?.sessionId,
        when: "0 9 * * *",
        next: expect.stringMatching(/T09:00:00.000Z$/),
      },
    ],
  });
  expect(await rowsOf(folder.path)).toMatchObject([{ name: "news", last: { outcome: "completed" } }]);
});

test("makes up for a missed time at its start", async () => {
  await using folder = await temporaryDirectory();
  await schedule(folder.path, "add", "often", "* * * * *", "list the files", "--catch-up");
  const file = join(folder.path, ".config", "mini-openclaw", "schedules.json");

  // Added long ago.
  writeFileSync(
    file,
    readFileSync(file, "utf8").replace(/"addedAt": ".*"/, '"addedAt": "2026-01-01T00:00:00.000Z"'),
  );

  await using _server = await startServer(folder.path);

  await expect.poll(async () => (await rowsOf(folder.path))[0]?.last?.outcome).toBe("completed");
});

test("a chat that cannot be read keeps neither the server nor the other schedules", async () => {
  await using folder = await temporaryDirectory();
  for (const name of ["files", "constructor"])
    await schedule(folder.path, "add", name, "0 9 * * *", "list the files", "--catch-up");
  await schedule(folder.path, "run", "files");
  const data = join(folder.path, ".mini-openclaw");
  const { sessions } = JSON.parse(readFileSync(join(data, "schedule.json"), "utf8")) as {
    sessions: Record<string, string>;
  };
  writeFileSync(join(data, "sessions", `${sessions["files"]}.jsonl`), "no session\n");

  const { code, out, err } = await schedule(folder.path, "ls");
  expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining("constructor\t0 9 * * *") });
  expect(err).toMatch(
    /^The chat of files cannot be read: .*is no session file.* Run: mini-openclaw doctor$/m,
  );

  await using server = await startServer(folder.path);
  expect(server.text()).toContain("[schedule] ");
  expect(server.text()).toContain("is no session file");
});

test("a damaged file of schedules stops the start with its name", async () => {
  await using folder = await temporaryDirectory();
  await schedule(folder.path, "add", "files", "0 9 * * *", "list the files");
  const file = join(folder.path, ".config", "mini-openclaw", "schedules.json");

  writeFileSync(file, "{");

  expect(await schedule(folder.path, "ls")).toMatchObject({
    code: 78,
    err: expect.stringContaining(`\`${file}\` cannot be read as JSON`),
  });
  await expect(startServer(folder.path)).rejects.toThrow("cannot be read as JSON");
});
