import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { StoreError } from "../model/errors.ts";
import { openSessionStore } from "../store/open-session-store.ts";
import { type CommandLine, commands } from "./commands.ts";
import { type Terminal, UsageError } from "./terminal.ts";

// EX_USAGE of sysexits.h.
const EXIT_USAGE = 64;
const EXIT_FAILED = 1;

const help = `Reads the sessions of a folder, beside whoever writes them.

  session-store ls                 the sessions, the one updated last first
  session-store show <session>     its last messages
  session-store tail [-f] <session>  its last messages, and with -f those to come
  session-store export <session>   all of it, as Markdown or JSON lines
  session-store verify [session…]  says what is damaged; exit code 1 if anything is
  session-store repair <session…>  cuts what cannot be read; keeps a copy of the file as it was

A session is named by its id, the beginning of it, or its key.

  --dir <folder>     where the sessions are (default: .mini-openclaw/sessions)
  --json             JSON lines instead of text
  -n, --limit <n>    at most so many (default: ls 50, show 50, tail 10)
  --key <key>        ls: only sessions of this key
  --archived         ls: archived sessions instead
  --format <format>  export: markdown or jsonl (default: markdown)
  -f, --follow       tail: go on until interrupted
  -h, --help
`;

/**
 * Runs one command line. Gives the exit code: 0, 1 when something is wrong, 64 when it was not
 * understood.
 */
export async function run(args: string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    const { name, line } = parse(args);
    if (name === undefined) {
      terminal.out(help);
      return 0;
    }
    if (!existsSync(line.folder)) {
      throw new UsageError(`there is no folder ${line.folder}; say where the sessions are with --dir`);
    }
    const store = await openSessionStore(line.folder);
    try {
      return (await commands[name]?.run(line, { store, terminal, signal })) ?? EXIT_USAGE;
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`session-store: ${error.message}\nTry "session-store --help".\n`);
      return EXIT_USAGE;
    }
    if (!StoreError.is(error)) throw error;
    terminal.err(`session-store: ${error.message} (${error.code})\n`);
    return EXIT_FAILED;
  }
}

function parse(args: string[]): { name?: string; line: CommandLine } {
  const { values, positionals } = parseStrictly(args);
  const [name, ...sessions] = positionals;
  const { format } = values;
  if (format !== "markdown" && format !== "jsonl") {
    throw new UsageError(`--format: ${JSON.stringify(format)} is not markdown or jsonl`);
  }
  const line: CommandLine = {
    folder: resolve(values.dir),
    sessions,
    json: values.json,
    archived: values.archived,
    follow: values.follow,
    limit: toLimit(values.limit ?? (name === "tail" ? "10" : "50")),
    format,
    ...(values.key !== undefined && { key: values.key }),
  };
  if (values.help || (name === undefined && args.length === 0)) return { line };
  return { name: checked(name, sessions), line };
}

function checked(name: string | undefined, sessions: string[]): string {
  const names = Object.keys(commands).join(", ");
  if (name === undefined) throw new UsageError(`say which command: ${names}`);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw new UsageError(`there is no command ${JSON.stringify(name)}; there are ${names}`);
  const { session } = command;
  if (session === "none" && sessions.length > 0) throw new UsageError(`${name} takes no session`);
  if (session === "one" && sessions.length !== 1) throw new UsageError(`${name} takes one session`);
  if (session === "some" && sessions.length === 0) throw new UsageError(`${name}: say which session`);
  return name;
}

function parseStrictly(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        dir: { type: "string", default: ".mini-openclaw/sessions" },
        json: { type: "boolean", default: false },
        limit: { type: "string", short: "n" },
        key: { type: "string" },
        archived: { type: "boolean", default: false },
        format: { type: "string", default: "markdown" },
        follow: { type: "boolean", short: "f", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (/^\d{1,9}$/.test(text) && limit >= 1) return limit;
  throw new UsageError(`--limit: ${JSON.stringify(text)} is not a whole number from 1`);
}
