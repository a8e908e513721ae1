import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import type { Machine } from "./machine.ts";
import type { Target } from "./relays.ts";

export interface NodeOptions {
  /** The port of the database. */
  readonly port: number;
  readonly name: string;
  readonly durability: "os" | "disk";
  readonly leaseMs: number;
  /** The machine that the gateway runs on. @default this one */
  readonly machine?: Machine | undefined;
}

export interface NodeListener {
  /** Called with a failure that the gateway reports. */
  onFailure(text: string): void;
  /** Called with a step of the gateway, for the report of a long gap. */
  onStep(text: string): void;
}

/** A message of a node's program to the test. */
export interface NodeMessage {
  readonly port?: number;
  readonly failure?: string;
  readonly step?: string;
}

/** The token of every gateway and client: a gateway on another machine needs one. */
export const TOKEN = "a-token-of-the-test-with-32-bytes";

const MAX_STARTS = 10;

/** A gateway in a process of its own, which is started again after a kill. */
export class NodeProcess {
  readonly #program: string;
  readonly #options: NodeOptions;
  readonly #listener: NodeListener;
  #child: ChildProcess | undefined;
  #port: number | undefined;

  constructor(program: string, options: NodeOptions, listener: NodeListener) {
    this.#program = program;
    this.#options = options;
    this.#listener = listener;
  }

  /** The address of the gateway. Absent while no process listens. */
  get target(): Target | undefined {
    return this.#port === undefined ? undefined : { host: this.#host, port: this.#port };
  }

  get #host(): string {
    return this.#options.machine?.address ?? "127.0.0.1";
  }

  get name(): string {
    return this.#options.name;
  }

  /** Resolves when the gateway listens. Starts it again, as a supervisor does. */
  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#startOnce();
      } catch (error) {
        // A busy machine may not let the database answer in time.
        if (tries === MAX_STARTS) throw error;
      }
    }
  }

  async #startOnce(): Promise<void> {
    const { machine, ...options } = this.#options;
    const [execPath, ...args] = [...(machine?.command ?? []), process.execPath];
    const own = { ...options, databaseHost: machine?.host, host: this.#host };
    const child = fork(this.#program, [JSON.stringify(own)], { execPath, execArgv: args });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.on("message", (message: NodeMessage) => {
        if (message.failure !== undefined) this.#listener.onFailure(message.failure);
        if (message.step !== undefined) this.#listener.onStep(message.step);
        if (message.port === undefined) return;
        this.#port = message.port;
        resolve();
      });
      child.once("exit", (code) => reject(new Error(`${this.name} ended with ${code}`)));
    });
  }

  async kill(): Promise<void> {
    this.#port = undefined;
    await this.#end((child) => child.kill("SIGKILL"));
  }

  /** Closes the gateway in good order. */
  async close(): Promise<void> {
    this.#port = undefined;
    await this.#end((child) => child.send("close"));
  }

  /** Stops the process for some time. It notices nothing of it. */
  async pause(ms: number): Promise<void> {
    const child = this.#child;
    child?.kill("SIGSTOP");
    await wait(ms);
    child?.kill("SIGCONT");
  }

  async #end(how: (child: ChildProcess) => void): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    how(child);
    await ended;
  }
}
