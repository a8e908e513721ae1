import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));

/** Runs a command line in a folder that is also the user's home. */
async function run(
  cwd: string,
  args: readonly string[],
  { env = {}, input = "" }: { env?: Record<string, string>; input?: string } = {},
): Promise<{ code: number; out: string; err: string }> {
  const options = { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd, ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], options, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
    child.stdin?.end(input);
  });
}

describe("the command line", () => {
  test("prints the help and the version, and refuses what it does not know", async () => {
    await using folder = await temporaryDirectory();
    const at = (...args: string[]) => run(folder.path, args);

    expect(await at("--help")).toMatchObject({ code: 0, out: expect.stringContaining("MINI_OPENCLAW_PORT") });
    expect(await at("--version")).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await at("docter")).toMatchObject({
      code: 64,
      err: expect.stringContaining("`docter` is not a command. Did you mean doctor?"),
    });
    expect(await at("--prot", "1")).toMatchObject({
      code: 64,
      err: expect.stringContaining("--port?"),
    });
  });

  test("runs one message with piped input and files, and prints text or JSON", async () => {
    await using folder = await temporaryDirectory();
    writeFileSync(join(folder.path, "notes.txt"), "list the files");

    const text = await run(folder.path, ["run", "list the files"]);
    expect(text).toMatchObject({ code: 0, out: expect.stringContaining("README.md") });
    expect(text.err).toContain("[list_files]");

    const json = await run(folder.path, ["run", "-", "--json", "--file", "notes.txt"], { input: "Hello" });
    expect(json.code).toBe(0);
    const result = JSON.parse(json.out) as { sessionId: string; outcome: string };
    expect(result).toMatchObject({ outcome: "completed", text: expect.stringContaining("README.md") });

    const shown = await run(folder.path, ["sessions", "export", result.sessionId]);
    expect(shown.out).toContain('Hello\n\n<file name="notes.txt">\nlist the files\n</file>');
  });

  test("adds images to a message, and names a file or a session that cannot be used", async () => {
    await using folder = await temporaryDirectory();
    const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
    writeFileSync(join(folder.path, "a.png"), png);
    writeFileSync(join(folder.path, "latin.txt"), Buffer.from("caf\xe9", "latin1"));

    const seen = await run(folder.path, ["run", "--json", "--file", "a.png", "list the files"]);
    const { sessionId } = JSON.parse(seen.out) as { sessionId: string };
    const shown = await run(folder.path, ["sessions", "export", sessionId]);
    const refused = await Promise.all(
      ["none.txt", ".", "latin.txt"].map((file) => run(folder.path, ["run", "--file", file, "hi"])),
    );
    const noSession = await run(folder.path, ["run", "--session", "none", "hi"]);

    expect(shown.out).toContain("a.png");
    expect(refused.map(({ code, err }) => [code, err.trimEnd().split("\n").length])).toEqual([
      [64, 1],
      [64, 1],
      [64, 1],
    ]);
    expect(refused[2]?.err).toContain("`--file` must be UTF-8 text, an image or a PDF, got latin.txt.");
    expect(noSession).toMatchObject({
      code: 64,
      err: expect.stringMatching(/^`--session` must be the id of a session, got "none"\..*\n$/),
    });
  });

  test.each([
    [["schedule", "add", "a", "at nine", "hi"], "`cron` must be a cron expression of five fields, such as"],
    [["schedule", "add", "a", "0 0 30 2 *", "hi"], '`cron` must name a time that comes, got "0 0 30 2 *".'],
    [["schedule", "add", "a b", "* * * * *", "hi"], "`name` must be 1 to 40 letters, digits, `-` or `_`,"],
    [["schedule", "add", "a", "* * * * *", " "], "`instruction` must be a message to the agent, got none."],
    [["schedule", "add", "a", "* * * * *", "hi", "--time-zone", "Mars"], "`--time-zone` must be a time zone"],
    [["schedule", "rm", "a"], "`a` is not a schedule of this data directory. Known: none."],
    [["schedule", "add", "a", "* * * *", "hi"], 'such as "0 9 * * 1-5", got "* * * *" (4 fields).'],
    [["schedule", "lss"], "`lss` is not a command. Did you mean ls?"],
    [["start", "--port", "abc"], '`--port` must be an integer from 0 to 65535, got "abc".'],
    [["run", "hi", "--provider", "nope"], "`--provider` must be auto, anthropic, openai,"],
    [["run", "hi", "--session", ""], '`--session` must be the id of a session, got "".'],
    [["chat", "--session", "nope"], '`--session` must be the id of a session, got "nope".'],
    [["prompt", "show", "--session", "nope"], '`--session` must be the id of a session, got "nope".'],
    [["mcp", "add", "", "node"], '`name` must be 1 to 64 letters, digits, `-`, `_` or `.`, got "".'],
    [["mcp", "add", "files", ""], '`command` must be a program or an http address, got "".'],
    [["mcp", "add", "files", "http://"], '`command` must be a program or an http address, got "http://".'],
    [
      ["mcp", "add", "a", "http://a.b", "--header", "A: b"],
      "`command` must be an address alone, got 3 words. Add headers",
    ],
    [["skills", "add", "nope"], "`folder` must contain a SKILL.md, got nope."],
    [["skills", "validate", "nope"], "`folder` must contain a SKILL.md, got nope."],
    [["config", "set", "port", "abc"], '`port` must be an integer from 0 to 65535, got "abc".'],
    [
      ["config", "set", "token", "hunter2"],
      "`token` must be at least 32 bytes (try: openssl rand -hex 32), got 7",
    ],
    [["config", "set", "prot", "1"], "`prot` is not a setting. Did you mean port?"],
    [
      ["config", "set", "schedules", "1"],
      "`schedules` is not a setting. mini-openclaw config show lists all.",
    ],
    [["config", "get", "prot"], "`prot` is not a setting. Did you mean port?"],
    [["config", "shw"], "`shw` is not a command. Did you mean show?"],
    [["start", "elsewhere"], "`elsewhere` is not a command. Known: start, run,"],
    [["completion", "tcsh"], "`tcsh` is not a known shell. Known: bash, zsh, fish."],
    [["sessions", "shwo"], 'There is no command "shwo".'],
    [["sessions", "ls", "--dir", "session-store-a"], "/session-store-a. Name the folder"],
    [["sessions", "ls", "--dir=none"], "/none. Name the folder"],
    [["sessions", "show", "--dir", ".", "--", "-n"], 'There is no session "-n".'],
  ])("refuses %j with 64 and names the argument", async (args, reason) => {
    await using folder = await temporaryDirectory();

    const { code, err } = await run(folder.path, args);

    expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining(reason) });
    expect(err).not.toContain("cannot start");
  });

  test("refuses an empty message, and denies calls that ask unless --yes is passed", async () => {
    await using folder = await temporaryDirectory();
    const env = { MINI_OPENCLAW_APPROVAL: "all" };

    expect((await run(folder.path, ["run"])).code).toBe(64);
    const denied = await run(folder.path, ["run", "list the files"], { env });
    expect(denied.err).toContain("[list_files] is denied: nobody can be asked. --yes allows it.");
    const allowed = await run(folder.path, ["run", "list the files", "--yes"], { env });
    expect(allowed.out).toContain("README.md");
  });

  test("uses the server that runs with the same data directory", async () => {
    await using folder = await temporaryDirectory();
    await using server = await startServer(folder.path);

    const { code, out } = await run(folder.path, ["run", "list the files", "--json"]);

    expect(code).toBe(0);
    const { sessionId } = JSON.parse(out) as { sessionId: string };
    const history = await fetch(`${server.url}sessions/${sessionId}/messages`);
    expect(history.status).toBe(200);
  });

  test.each(["run", "chat"])("names the setting when %s has not the token of the server", async (command) => {
    await using folder = await temporaryDirectory();
    const token = "0123456789abcdef0123456789abcdef";
    await using server = await startServer(folder.path, { MINI_OPENCLAW_EXTRA_TOKENS: token });
    const at = (env: Record<string, string>) =>
      run(folder.path, command === "run" ? ["run", "list the files"] : ["chat"], {
        env,
        input: command === "run" ? "" : "/quit\n",
      });

    for (const [env, got] of [
      [{}, "none"],
      [{ MINI_OPENCLAW_TOKEN: `${token}x` }, "another one"],
    ] as const) {
      expect(await at(env)).toMatchObject({
        code: 78,
        err: `Mini OpenClaw cannot start with these settings:\n\`MINI_OPENCLAW_TOKEN\` must be the token of the server that runs at ${server.url}, got ${got}.\n`,
      });
    }
    expect((await at({ MINI_OPENCLAW_EXTRA_TOKENS: token })).code).toBe(0);
    expect(server.text()).toContain("(needs the token)");
  });

  test("names a server that does not answer, in a line", async () => {
    await using folder = await temporaryDirectory();
    await using server = await startServer(folder.path);
    process.kill(server.pid ?? 0, "SIGSTOP");

    const results = await Promise.all([run(folder.path, ["run", "hi"]), run(folder.path, ["link"])]);

    process.kill(server.pid ?? 0, "SIGCONT");
    for (const { code, err } of results) {
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/^[^\n]*The server at \S+ does not answer\. End its process [^\n]+\n$/),
      });
    }
  });

  test("chats in the terminal until /quit", async () => {
    await using folder = await temporaryDirectory();

    const { code, out } = await run(folder.path, ["chat"], { input: "list the files\n/quit\n" });

    expect(code).toBe(0);
    expect(out).toContain("[list_files]");
    expect(out).toMatch(/Continue with: mini-openclaw chat --session \S+/);
  });

  test("denies calls that ask after the input of a chat has ended", async () => {
    await using folder = await temporaryDirectory();
    const env = { MINI_OPENCLAW_APPROVAL: "all" };

    const { code, out, err } = await run(folder.path, ["chat"], { env, input: "list the files\n" });

    expect(err).toBe("[list_files] is denied: the input has ended, so nobody can be asked.\n");
    expect(out).toContain("the user did not allow it");
    expect(code).toBe(0);
  });

  test("prints that it waits for the end of a pipe that is left open", async () => {
    await using folder = await temporaryDirectory();
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const child = spawn(process.execPath, [main, "run", "list the files"], { cwd: folder.path, env });

    const [said] = (await once(child.stderr, "data")) as [Buffer];
    child.stdin.end();
    const [code] = (await once(child, "close")) as [number];

    expect(String(said)).toMatch(/^Waiting for the end of the standard input\. .+ <\/dev\/null\n$/);
    expect(code).toBe(0);
  });

  test("adds no skill to a folder inside of it", async () => {
    await using folder = await temporaryDirectory();
    const skill = join(folder.path, "greet");
    mkdirSync(skill);
    writeFileSync(join(skill, "SKILL.md"), "---\nname: greet\ndescription: Greets.\n---\nSay hello.\n");

    const { code, err } = await run(skill, ["skills", "add", "."]);

    expect({ code, err }).toEqual({ code: 64, err: expect.stringContaining("Move the skill into a folder") });
  });

  test("names the process of a chat that is open in the same folder, and not its private address", async () => {
    await using folder = await temporaryDirectory();
    const dataDir = join(folder.path, ".mini-openclaw");
    mkdirSync(dataDir);
    // Of a server that was killed.
    writeFileSync(join(dataDir, "address"), "http://127.0.0.1:1/\n");
    const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
    const chat = spawn(process.execPath, [main, "chat"], { cwd: folder.path, env });
    const closed = once(chat, "close");
    await once(chat.stdout, "data");

    for (const args of [["run", "hi"], ["start"]]) {
      const { code, err } = await run(folder.path, args);
      expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`process ${chat.pid}`) });
      expect(err).toContain("Wait for the end of that process, stop it, or set MINI_OPENCLAW_DATA_DIR.");
    }
    expect((await run(folder.path, ["link"])).err).toContain("No server runs with this data directory.");

    chat.stdin.end("/quit\n");
    await closed;
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "ends the sessions command at %s, with its child",
    async (signal) => {
      await using folder = await temporaryDirectory();
      const { out } = await run(folder.path, ["run", "list the files", "--json"]);
      const { sessionId } = JSON.parse(out) as { sessionId: string };
      const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path };
      const args = [main, "sessions", "tail", "-f", sessionId];
      const child = spawn(process.execPath, args, { cwd: folder.path, env });

      await once(child.stdout, "data");
      child.kill(signal);
      // The output ends when the last process that can write to it has ended.
      const [code] = (await once(child, "close")) as [number];

      expect(code).toBe(signal === "SIGINT" ? 0 : 143);
    },
  );

  test("sets, shows and removes settings of config.json", async () => {
    await using folder = await temporaryDirectory();
    const at = (...args: string[]) => run(folder.path, ["config", ...args]);

    expect(await at("set", "prt", "1")).toMatchObject({
      code: 64,
      err: expect.stringContaining("Did you mean port?"),
    });
    expect(await at("set", "port", "x")).toMatchObject({
      code: 64,
      err: expect.stringContaining("must be an integer"),
    });
    await at("set", "MINI_OPENCLAW_PORT", "8080");
    expect((await at("get", "port")).out).toBe("8080\n");
    const file = (await at("path")).out.trim();
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ port: 8080 });
    expect((await at("show")).out).toContain(`port                 8080  (${file})`);
    await at("set", "port");
    expect((await at("show")).out).toContain("port                 3210  (default)");
  });

  test("names a file that cannot be written and a folder that has gone, each in a line", async () => {
    await using folder = await temporaryDirectory();
    writeFileSync(join(folder.path, ".config"), "");
    const gone = join(folder.path, "gone");
    mkdirSync(gone);
    const script = `cd "${gone}" && rmdir "${gone}" && exec "${process.execPath}" "${main}" doctor`;

    const config = await run(folder.path, ["config", "set", "port", "1"]);
    const here = spawnSync("sh", ["-c", script], { encoding: "utf8" });

    expect(config).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Mini OpenClaw: ENOTDIR: .*\.config\/mini-openclaw'\. Check that .+\n$/),
    });
    expect(here.stderr).toBe(
      "Mini OpenClaw: The folder that it was started in does not exist. Change into another one.\n",
    );
  });

  test("prints the next request by section", async () => {
    await using folder = await temporaryDirectory();

    const { out } = await run(folder.path, ["prompt", "show", "--full"]);

    expect(out).toMatch(/^ +\d+ {2}tools {2}\(tool definitions\)$/m);
    expect(out).toMatch(/^ +\d+ {2}tokens in all, estimated$/m);
  });

  test("names what ended the cache since the last call of `prompt show`", async () => {
    await using folder = await temporaryDirectory();
    // Not the demo, which has a workspace of its own.
    const options = { env: { ANTHROPIC_API_KEY: "k" } };
    const show = async () =>
      (await run(folder.path, ["prompt", "show"], options)).out.trimEnd().split("\n").at(-1);
    const holds = "The tools and the prompt are those of the last call, so that a cache of them holds.";
    mkdirSync(join(folder.path, ".openclaw"));
    const soul = join(folder.path, ".openclaw", "SOUL.md");
    writeFileSync(soul, "You are a patient claw.\n");

    expect(await show()).toMatch(/tokens in all, estimated$/);
    expect(await show()).toBe(holds);
    writeFileSync(soul, "You are a hasty claw.\n");
    expect(await show()).toMatch(
      /^The first \d+ of \d+ bytes .* ends in prompt: \w+: "patient claw.*" became "hasty claw.*"\.$/,
    );
    expect(await show()).toBe(holds);
  });

  test("calls the commands of sessions by the name that works here", async () => {
    await using folder = await temporaryDirectory();

    expect((await run(folder.path, ["sessions", "--help"])).out).toContain("mini-openclaw sessions ls ");
    expect(await run(folder.path, ["sessions", "show"])).toMatchObject({
      err: expect.stringContaining("Use: mini-openclaw sessions show <session>."),
    });
  });

  test("adds a skill after checking it, and an MCP server", async () => {
    await using folder = await temporaryDirectory();
    const skill = join(folder.path, "somewhere", "tidy-up");
    mkdirSync(skill, { recursive: true });
    writeFileSync(join(skill, "SKILL.md"), "---\nname: other\ndescription: Tidies up.\n---\nTidy.\n");
    const at = (...args: string[]) => run(folder.path, args);

    expect(await at("skills", "add", skill)).toMatchObject({
      code: 1,
      err: expect.stringContaining("is not a valid skill"),
    });
    writeFileSync(join(skill, "SKILL.md"), "---\nname: tidy-up\ndescription: Tidies up.\n---\nTidy.\n");
    expect((await at("skills", "add", skill)).code).toBe(0);
    expect((await at("skills", "ls")).out).toBe("tidy-up\tTidies up.\n");
    expect((await at("skills", "validate")).out).toContain("good");

    expect((await at("mcp", "test")).out).toMatch(/^There are no servers in .*\.mcp\.json\.\n$/);
    expect((await at("mcp", "add", "files", "node", "server.js", "-v")).code).toBe(0);
    expect((await at("mcp", "ls")).out).toContain('"args":["server.js","-v"]');
    expect((await at("mcp", "test")).code).toBe(1);

    const headers = { Authorization: "${PATH}", "X-Key": "secret" };
    const mcpServers = { remote: { url: "http://127.0.0.1:9/mcp", headers } };
    writeFileSync(join(folder.path, ".mcp.json"), JSON.stringify({ mcpServers }));
    expect((await at("mcp", "ls")).out).toBe(
      'remote\t{"url":"http://127.0.0.1:9/mcp","headers":{"Authorization":"${PATH}","X-Key":"…"}}\n',
    );
  });

  test("prints a completion script that bash accepts", async () => {
    await using folder = await temporaryDirectory();
    const { out } = await run(folder.path, ["completion", "bash"]);
    const bash = spawn("bash", ["-n"], { stdio: ["pipe", "ignore", "inherit"] });
    bash.stdin?.end(out);

    expect(await once(bash, "close")).toEqual([0, null]);
    expect(await run(folder.path, ["completion", "csh"])).toMatchObject({ code: 64 });
  });
});

/** A model's server that always answers with this status, and with a clock of its own. */
async function modelServer(status: number, body: object, date = new Date()) {
  const server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/json", date: date.toUTCString() });
    response.end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Finding {
  check: string;
  level: string;
  message: string;
  remedy?: string;
}

const refusal = (type: string, message: string) => ({ type: "error", error: { type, message } });

describe("doctor", () => {
  const examine = async (cwd: string, env: Record<string, string> = {}, ...args: string[]) => {
    const { out, code } = await run(cwd, ["doctor", "--json", ...args], {
      env: { MINI_OPENCLAW_PORT: "0", ...env },
    });
    return { findings: JSON.parse(out) as Finding[], code };
  };
  interface Planted {
    check: string;
    /** A part of the message or of the remedy. */
    remedy: string;
    plant: (folder: string) => Record<string, string>;
  }
  const inSessions = (folder: string, name: string, lines: readonly string[]) => {
    const sessions = join(folder, ".mini-openclaw", "sessions");
    mkdirSync(sessions, { recursive: true, mode: 0o700 });
    writeFileSync(join(sessions, name), lines.map((line) => `${line}\n`).join(""));
    return {};
  };
  const planted: Record<string, Planted> = {
    "a misspelled setting": {
      check: "settings",
      remedy: "Did you mean MINI_OPENCLAW_PORT?",
      plant: () => ({ MINI_OPENCLAW_PROT: "1" }),
    },
    "a config.json that is no JSON": {
      check: "settings",
      remedy: "config.json` cannot be read as JSON",
      plant(folder) {
        writeFileSync(join(folder, "config.json"), "{ port }");
        return { MINI_OPENCLAW_CONFIG: "config.json" };
      },
    },
    "a config.json that others can read": {
      check: "config file",
      remedy: "chmod 600",
      plant(folder) {
        writeFileSync(join(folder, "config.json"), "{}");
        chmodSync(join(folder, "config.json"), 0o644);
        return { MINI_OPENCLAW_CONFIG: "config.json" };
      },
    },
    "an .env of the user that others can read": {
      check: "config file",
      remedy: "chmod 600",
      plant(folder) {
        mkdirSync(join(folder, ".config", "mini-openclaw"), { recursive: true });
        writeFileSync(join(folder, ".config", "mini-openclaw", ".env"), "ANTHROPIC_API_KEY=k\n");
        chmodSync(join(folder, ".config", "mini-openclaw", ".env"), 0o644);
        return { ANTHROPIC_BASE_URL: "http://127.0.0.1:1" };
      },
    },
    "a config.json that is named and does not exist": {
      check: "config file",
      remedy: "Correct the path, or create the file",
      plant: () => ({ MINI_OPENCLAW_CONFIG: "nowhere.json" }),
    },
    "a guarded setting in the workspace": {
      check: "settings",
      remedy: "Put it into",
      plant(folder) {
        writeFileSync(join(folder, ".env"), "MINI_OPENCLAW_MCP=on\n");
        return {};
      },
    },
    "a workspace that does not exist": {
      check: "settings",
      remedy: "must be a directory that exists",
      plant: () => ({ MINI_OPENCLAW_WORKSPACE: "nowhere" }),
    },
    "a data directory that others can read": {
      check: "data directory",
      remedy: "chmod 700",
      plant(folder) {
        mkdirSync(join(folder, ".mini-openclaw"), { mode: 0o755 });
        return {};
      },
    },
    "a data directory that is a file": {
      check: "data directory",
      remedy: "MINI_OPENCLAW_DATA_DIR",
      plant(folder) {
        writeFileSync(join(folder, ".mini-openclaw"), "");
        return {};
      },
    },
    "a data directory that is a link to nothing": {
      check: "data directory",
      remedy: "MINI_OPENCLAW_DATA_DIR",
      plant(folder) {
        symlinkSync(join(folder, "nowhere"), join(folder, ".mini-openclaw"));
        return {};
      },
    },
    "a file in place of the sessions": {
      check: "sessions",
      remedy: "Move it to another folder",
      plant(folder) {
        mkdirSync(join(folder, ".mini-openclaw"), { mode: 0o700 });
        writeFileSync(join(folder, ".mini-openclaw", "sessions"), "");
        return {};
      },
    },
    "the address of a killed server": {
      check: "server",
      remedy: "doctor --fix",
      plant(folder) {
        mkdirSync(join(folder, ".mini-openclaw"), { mode: 0o700 });
        writeFileSync(join(folder, ".mini-openclaw", "address"), "http://127.0.0.1:1/\n");
        return {};
      },
    },
    "an address for everybody without a token": {
      check: "reach",
      remedy: "MINI_OPENCLAW_TOKEN",
      plant: () => ({ MINI_OPENCLAW_HOST: "0.0.0.0" }),
    },
    "a public address without a token": {
      check: "reach",
      remedy: "MINI_OPENCLAW_TOKEN",
      plant: () => ({ MINI_OPENCLAW_PUBLIC_URL: "https://claw.example.com/" }),
    },
    "a public address that is not encrypted": {
      check: "reach",
      remedy: "Put a proxy with TLS in front",
      plant: () => ({
        MINI_OPENCLAW_PUBLIC_URL: "http://claw.example.com/",
        MINI_OPENCLAW_TOKEN: "t".repeat(32),
      }),
    },
    "an address of another machine": {
      check: "port",
      remedy: "MINI_OPENCLAW_HOST",
      plant: () => ({ MINI_OPENCLAW_HOST: "203.0.113.1", MINI_OPENCLAW_TOKEN: "t".repeat(32) }),
    },
    "a proxy that cannot be used": {
      check: "proxy",
      remedy: "http://proxy.example.com:8080",
      plant: () => ({ HTTPS_PROXY: "socks5://proxy:1080" }),
    },
    "a model that does not answer": {
      check: "model claude-sonnet-5-5",
      remedy: "Check the address of the server (ANTHROPIC_BASE_URL",
      plant: () => ({ ANTHROPIC_BASE_URL: "http://127.0.0.1:1" }),
    },
    "a required sandbox that is missing": {
      check: "sandbox",
      remedy: "Install bubblewrap",
      plant: () => ({ MINI_OPENCLAW_SANDBOX: "required", PATH: "/nowhere" }),
    },
    "a damaged session": {
      check: "sessions",
      remedy: "mini-openclaw sessions repair",
      plant: (folder) =>
        inSessions(folder, "01a00000-0000-7000-8000-000000000000.jsonl", [
          '{"type":"session","v":1,"sessionId":"01a00000-0000-7000-8000-000000000000","key":"webchat","createdAt":1}',
          '{"seq":',
          '{"seq":1}',
        ]),
    },
    "a session of another program": {
      check: "sessions",
      remedy: "Move it out of",
      plant: (folder) => inSessions(folder, "rollout.jsonl", ['{"type":"session_meta","payload":{}}']),
    },
    "a skill with a fault": {
      check: "skills",
      remedy: "mini-openclaw skills validate",
      plant(folder) {
        const skill = join(folder, ".openclaw", "skills", "Bad_Name");
        mkdirSync(skill, { recursive: true });
        writeFileSync(join(skill, "SKILL.md"), "---\nname: Bad_Name\ndescription: x\n---\n");
        return {};
      },
    },
    "a memory that is too long": {
      check: "memory",
      remedy: "Shorten it",
      plant(folder) {
        writeFileSync(join(folder, "MEMORY.md"), "x".repeat(30_000));
        return {};
      },
    },
    "a memory that is a folder": {
      check: "memory",
      remedy: "Correct what it names",
      plant(folder) {
        mkdirSync(join(folder, "MEMORY.md"));
        return {};
      },
    },
    "a schedule without its folder": {
      check: "schedules",
      remedy: "must be set. Correct it, or remove the schedule.",
      plant(folder) {
        mkdirSync(join(folder, ".config", "mini-openclaw"), { recursive: true });
        const schedules = [{ name: "a", cron: "0 9 * * *", instruction: "hi" }];
        writeFileSync(
          join(folder, ".config", "mini-openclaw", "schedules.json"),
          JSON.stringify({ schedules }),
        );
        return {};
      },
    },
    "a damaged file of schedules": {
      check: "schedules",
      remedy: "add them again",
      plant(folder) {
        mkdirSync(join(folder, ".config", "mini-openclaw"), { recursive: true });
        writeFileSync(join(folder, ".config", "mini-openclaw", "schedules.json"), '{"schedules":1}');
        return {};
      },
    },
    "an MCP server that does not start": {
      check: "mcp",
      remedy: "mini-openclaw mcp test",
      plant(folder) {
        writeFileSync(join(folder, ".mcp.json"), '{"mcpServers":{"gone":{"command":"/nowhere/server"}}}');
        return { MINI_OPENCLAW_MCP: "on" };
      },
    },
    "an .mcp.json that is no JSON": {
      check: "mcp",
      remedy: "Correct .mcp.json",
      plant(folder) {
        writeFileSync(join(folder, ".mcp.json"), "{");
        return {};
      },
    },
  };

  test.each(Object.entries(planted))("finds %s and names the remedy", async (_, { check, remedy, plant }) => {
    await using folder = await temporaryDirectory();

    const { findings } = await examine(folder.path, plant(folder.path));

    const found = findings.filter((finding) => finding.check === check && finding.level !== "good");
    expect(found.map((finding) => `${finding.message} ${finding.remedy}`).join("\n")).toContain(remedy);
  });

  test("names a wrong key, a wrong model and a wrong clock", async () => {
    await using folder = await temporaryDirectory();
    await using locked = await modelServer(401, refusal("authentication_error", "invalid x-api-key"));
    const past = new Date(Date.now() - 3_600_000);
    await using empty = await modelServer(404, refusal("not_found_error", "model: nope"), past);

    const wrongKey = await examine(folder.path, { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: locked.url });
    expect(wrongKey.findings.find(({ check }) => check.startsWith("model "))?.message).toContain(
      "ANTHROPIC_API_KEY",
    );
    expect(wrongKey.code).toBe(1);

    const wrongModel = await examine(folder.path, { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: empty.url });
    expect(wrongModel.findings.find(({ check }) => check.startsWith("model "))?.message).toContain(
      "MINI_OPENCLAW_MODEL",
    );
    expect(wrongModel.findings.find(({ check }) => check === "clock")?.message).toMatch(
      /differs .+ 36\d\d s/,
    );
  });

  test("names a port that another program uses", async () => {
    await using folder = await temporaryDirectory();
    await using other = await modelServer(200, {});
    const { port } = new URL(other.url);

    const { findings } = await examine(folder.path, { MINI_OPENCLAW_PORT: port });

    expect(findings.find(({ check }) => check === "port")).toMatchObject({
      level: "problem",
      remedy: expect.stringContaining("MINI_OPENCLAW_PORT"),
    });
  });

  test("mends modes and left addresses with --fix, and nothing without it", async () => {
    await using folder = await temporaryDirectory();
    mkdirSync(join(folder.path, ".mini-openclaw"), { mode: 0o755 });
    writeFileSync(join(folder.path, ".mini-openclaw", "address"), "http://127.0.0.1:1/\n");

    expect((await examine(folder.path)).code).toBe(1);
    expect((await examine(folder.path)).code).toBe(1);
    expect((await examine(folder.path, {}, "--fix")).code).toBe(0);
    expect((await examine(folder.path)).code).toBe(0);
  });
});
