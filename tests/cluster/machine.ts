import { execFileSync } from "node:child_process";
import process from "node:process";

// A network that no machine routes: 198.18.0.0/15 is for benchmarks (RFC 2544).
const NETWORK = "198.18";

/** A machine of its own: a network namespace that one cable connects with this machine. */
export class Machine implements Disposable {
  readonly #name: string;
  /** The address of this machine on the cable. */
  readonly host: string;
  /** The address of the other machine on the cable. */
  readonly address: string;

  constructor() {
    this.#name = `claw${process.pid % 10_000}`;
    const subnet = `${NETWORK}.${process.pid % 251}`;
    this.host = `${subnet}.1`;
    this.address = `${subnet}.2`;
    const [name, here, there] = [this.#name, `${this.#name}h`, `${this.#name}m`];
    ip("netns", "add", name);
    ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
    ip("addr", "add", `${this.host}/30`, "dev", here);
    ip("link", "set", here, "up");
    ip("-n", name, "addr", "add", `${this.address}/30`, "dev", there);
    ip("-n", name, "link", "set", there, "up");
    ip("-n", name, "link", "set", "lo", "up");
  }

  /** The command that starts a program on the machine, before the program's own. */
  get command(): readonly [string, ...string[]] {
    return ["ip", "netns", "exec", this.#name];
  }

  /** Drops every packet in both directions. Nobody is notified. */
  vanish(): void {
    this.#change("add");
  }

  comeBack(): void {
    this.#change("del");
  }

  /** Ends the cable and the machine. Its programs must have ended. */
  [Symbol.dispose](): void {
    ip("link", "del", `${this.#name}h`);
    ip("netns", "del", this.#name);
  }

  #change(how: "add" | "del"): void {
    const drops = how === "add" ? ["root", "blackhole"] : ["root"];
    run("tc", "qdisc", how, "dev", `${this.#name}h`, ...drops);
    run("tc", "-n", this.#name, "qdisc", how, "dev", `${this.#name}m`, ...drops);
  }
}

function ip(...args: string[]): void {
  run("ip", ...args);
}

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: "pipe" });
}

function canCreate(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    using machine = new Machine();
    machine.vanish();
    return true;
  } catch {
    return false;
  }
}

/** False where this process may not create a network namespace. Tests that need one are skipped. */
export const hasMachines = canCreate();
