import type { SessionStore } from "@mini-openclaw/protocol";
import type { Terminal } from "./terminal.ts";

/** A parsed command line. */
export interface CommandLine {
  folder: string;
  /** The arguments after the command: sessions, or a text. */
  args: string[];
  json: boolean;
  archived: boolean;
  follow: boolean;
  limit: number;
  format: "markdown" | "jsonl";
  key?: string;
  at?: number;
  schema?: string;
  /** The folder for the files of an export. */
  files?: string;
}

export interface CommandDeps {
  store: SessionStore;
  terminal: Terminal;
  /** Aborts when the user stops the command. */
  signal: AbortSignal;
}

export interface Command {
  /** Runs the command, and returns its exit code. */
  run(line: CommandLine, deps: CommandDeps): Promise<number>;
  /** The arguments that it accepts, as the help has them. */
  usage: string;
  /** The smallest and the greatest number of arguments. */
  count: [min: number, max: number];
  /** The options that it accepts beside those of every command. */
  options?: readonly string[];
}
