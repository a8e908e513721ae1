import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { closestName, describeValue, mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError, toStoreError } from "../model/errors.ts";
import { openSessionStore } from "../store/open-session-store.ts";
import { changeCommands } from "./change-commands.ts";
import { checkCommands } from "./check-commands.ts";
import type { Command, CommandLine } from "./command.ts";
import { copy } from "./copy-command.ts";
import { readCommands } from "./read-commands.ts";
import { safeLine, type Terminal, UsageError } from "./terminal.ts";

// EX_USAGE of sysexits.h.
const EXIT_USAGE = 64;
const EXIT_FAILED = 1;
/** As shells report the end by SIGINT. A command may be in the middle of its work then. */
export const EXIT_STOPPED = 130;

// A command that listens to the stop ends at once.
const STOP_MS = 100;

const commands: Record<string, Command> = { ...readCommands, ...checkCommands, ...changeCommands, copy };

const help = `Reads, checks and changes the sessions of a folder, beside their writers.

  session-store ls                   lists the sessions, the last update first
  session-store show <session>       prints its last messages
  session-store tail [-f] <session>  prints its last messages, and with -f new ones
  session-store search <text>        lists the sessions with a text in title or messages
  session-store export <session>     prints all of it, as Markdown or JSON lines
  session-store verify [session…]    lists damaged lines; exit code 1 if there are any
  session-store repair <session…>    cuts lines that cannot be read; keeps a copy of the file
  session-store rename <session> <title>
  session-store archive <session>    also: unarchive, fork, delete, undelete
  session-store copy <to|from> <postgres url>
                                     copies all sessions to a database, or from it

A session is named by its id, the beginning or the end of the id, or its key.

  --dir <folder>     the folder of the sessions (default: .mini-openclaw/sessions)
  --json             JSON lines instead of text
  -n, --limit <n>    the greatest number of rows (default: ls 50, show 50, search 50, tail 10)
  --key <key>        ls, search: only sessions of this key; fork: the key of the new session
  --archived         ls, search: archived sessions instead
  --at <seq>         fork: the last entry of the new session (default: the newest)
  --schema <name>    copy: the schema of the tables (default: mini_openclaw)
  --format <format>  export: markdown or jsonl (default: markdown)
  --files <folder>   export: saves the files of the messages there too
  -f, --follow       tail: continue until interrupted
  -h, --help
  -v, --version

Exit codes: 0, 1 if something is wrong, 64 if the command line is, 130 if you stop it.
`;

/** Runs one command line, and returns its exit code. */
export async function run(args: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    const { name, line, isVersion } = parse(args);
    if (isVersion) terminal.out(`${readVersion()}\n`);
    else if (name === undefined) terminal.out(help);
    else return await runCommand(name, line, { terminal, signal });
    return 0;
  } catch (cause) {
    if (signal.aborted && cause === signal.reason) return EXIT_STOPPED;
    const error = toStoreError(cause, "READ_FAILED");
    if (isMistake(error)) {
      terminal.err(`${safeLine(`session-store: ${error.message}`)}\nTry "session-store --help".\n`);
      return EXIT_USAGE;
    }
    if (!StoreError.is(error)) throw error;
    terminal.err(`${safeLine(`session-store: ${error.message} (${error.code})`)}\n`);
    return EXIT_FAILED;
  }
}

/** Returns true for a mistake of the user, found by the command line or by the store. */
function isMistake(error: unknown): error is UsageError | StoreError {
  if (!StoreError.is(error)) return error instanceof UsageError;
  return ["INVALID_OPTION", "INVALID_KEY", "INVALID_SESSION_ID"].includes(error.code);
}

async function runCommand(
  name: string,
  line: CommandLine,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<number> {
  if (!existsSync(line.folder)) {
    throw new UsageError(`There is no folder ${line.folder}. Name the folder of the sessions with --dir.`);
  }
  let failures = 0;
  const onFailure = (error: unknown) => {
    // Other programs' files are listed.
    if (StoreError.is(error) && error.code === "FOREIGN_FILE") return;
    failures += 1;
    terminal.err(`${safeLine(`session-store: ${error instanceof Error ? error.message : String(error)}`)}\n`);
  };
  const store = await openSessionStore(line.folder, { onFailure });
  try {
    const running = commands[name]?.run(line, { store, terminal, signal });
    const exitCode = (await Promise.race([running, stopped(signal)])) ?? EXIT_USAGE;
    return exitCode === 0 && failures > 0 ? EXIT_FAILED : exitCode;
  } finally {
    await store.close();
  }
}

/** Resolves after a stop, when a command that listens to it has ended. */
async function stopped(signal: AbortSignal): Promise<number> {
  if (!signal.aborted) await once(signal, "abort");
  await sleep(STOP_MS);
  return EXIT_STOPPED;
}

function readVersion(): string {
  const require = createRequire(import.meta.url);
  const { version } = require("@mini-openclaw/session-store/package.json") as { version: string };
  return version;
}

function parse(args: string[]): { name?: string; line: CommandLine; isVersion: boolean } {
  const { values, positionals, tokens } = parseStrictly(args);
  const [name, ...rest] = positionals;
  const { format } = values;
  if (format !== "markdown" && format !== "jsonl") {
    throw new UsageError(mustBe("--format", "markdown or jsonl", format));
  }
  for (const name of ["dir", "files"] as const) {
    if (values[name] === "") throw new UsageError(mustBe(`--${name}`, "the path of a folder", ""));
  }
  const line: CommandLine = {
    folder: absolute(values.dir),
    args: rest,
    json: values.json,
    archived: values.archived,
    follow: values.follow,
    limit: toCount("--limit", values.limit ?? (name === "tail" ? "10" : "50")),
    format,
    ...(values.key !== undefined && { key: values.key }),
    ...(values.at !== undefined && { at: toCount("--at", values.at) }),
    ...(values.schema !== undefined && { schema: values.schema }),
    ...(values.files !== undefined && { files: values.files }),
  };
  const isVersion = values.version;
  if (isVersion || values.help || (name === undefined && args.length === 0)) return { line, isVersion };
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
  return { name: checkedName(name, rest, given), line, isVersion };
}

function absolute(folder: string): string {
  try {
    return resolve(folder);
  } catch {
    throw new UsageError(
      "The current folder was deleted. Change to another one, or give --dir an absolute path.",
    );
  }
}

// The options of every command.
const commonOptions = ["dir", "json"];

function checkedName(name: string | undefined, args: string[], given: readonly string[]): string {
  const names = Object.keys(commands).join(", ");
  if (name === undefined) throw new UsageError(`A command is missing. Use one of ${names}.`);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    const advice = describeClosest(closestName(name, Object.keys(commands)));
    throw new UsageError(`There is no command ${describeValue(name)}.${advice} Use one of ${names}.`);
  }
  const { count, options: own = [] } = command;
  const other = given.find((option) => !own.includes(option) && !commonOptions.includes(option));
  if (other !== undefined) throw new UsageError(`The command ${name} has no option --${other}.`);
  const [min, max] = count;
  if (args.length >= min && args.length <= max) return name;
  throw new UsageError(`Wrong number of arguments. Use: session-store ${`${name} ${command.usage}`.trim()}.`);
}

const options = {
  dir: { type: "string", default: ".mini-openclaw/sessions" },
  json: { type: "boolean", default: false },
  limit: { type: "string", short: "n" },
  key: { type: "string" },
  archived: { type: "boolean", default: false },
  at: { type: "string" },
  schema: { type: "string" },
  format: { type: "string", default: "markdown" },
  files: { type: "string" },
  follow: { type: "boolean", short: "f", default: false },
  help: { type: "boolean", short: "h", default: false },
  version: { type: "boolean", short: "v", default: false },
} as const;

function parseStrictly(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options, tokens: true });
  } catch (error) {
    throw new UsageError(describeBadArgument(error));
  }
}

/** Returns the message of `parseArgs`. For a misspelled option it names the closest one. */
function describeBadArgument(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const [unknown, name] = /^Unknown option '--?([^']*)'/.exec(message) ?? [];
  if (unknown === undefined || name === undefined) return message;
  const closest = closestName(name, Object.keys(options));
  return `${unknown}.${describeClosest(closest && `--${closest}`)}`;
}

function describeClosest(name: string | undefined): string {
  return name === undefined ? "" : ` The closest is ${name}.`;
}

function toCount(option: string, text: string): number {
  const count = Number(text);
  if (/^\d{1,15}$/.test(text) && count >= 1) return count;
  throw new UsageError(mustBe(option, "an integer of at least 1", text));
}
