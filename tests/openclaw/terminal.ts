import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import xterm from "@xterm/headless";

const COLUMNS = 110;
const ROWS = 50;

/** A program in a terminal of its own. */
export class TerminalProgram {
  readonly #child: ChildProcess;
  readonly #screen = new xterm.Terminal({
    cols: COLUMNS,
    rows: ROWS,
    allowProposedApi: true,
    scrollback: 1000,
  });

  /** `command` is a shell command. */
  constructor(command: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) {
    const line = `stty cols ${COLUMNS} rows ${ROWS}; exec ${command}`;
    this.#child = spawn("script", ["-qfec", line, "/dev/null"], {
      cwd,
      env,
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout?.on("data", (bytes: Buffer) => this.#screen.write(bytes));
  }

  /** The lines of the terminal, those above its window too. */
  get text(): string {
    const { active } = this.#screen.buffer;
    const lines = Array.from({ length: active.length }, (_, index) =>
      active.getLine(index)?.translateToString(true),
    );
    return lines.join("\n");
  }

  /** Types text or keys. */
  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** Ends the program as a closed window does. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    await exited;
  }
}

export const keys = { enter: "\r", escape: "\u001B", up: "\u001B[A" } as const;
