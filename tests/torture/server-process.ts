import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundleProgram } from "../../scripts/bundle-program.mjs";

/** A folder of its own for one test. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "torture-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The programs that run as processes of their own. */
export type ProgramName = "server" | "pinger";

/** Bundles a program into a folder. Returns its path. */
export function buildProgram(name: ProgramName, folder: string): Promise<string> {
  return bundleProgram(new URL(`./${name}.ts`, import.meta.url), folder);
}

export interface Usage {
  /** The heap and the memory beside it, in bytes. */
  usedBytes: number;
  /** Open descriptors, or 0 where the system does not tell. */
  descriptors: number;
}

export interface ServerProcess extends AsyncDisposable {
  readonly port: number;
  /**
   * Returns the bytes in use after a collection, on the heap and beside it. Resident memory would
   * also count free memory that the process keeps.
   */
  usedBytes(): Promise<number>;
  /** Returns what the process holds after a collection, once it has no connection left. */
  usageAtRest(): Promise<Usage>;
  /** Closes gateway and store. Returns what the process held before they were opened, and holds now. */
  close(): Promise<{ atStart: Usage; closed: Usage }>;
  /** Sends SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a gateway over the sessions in a folder; resolves when it listens. */
export async function startServer(program: string, folder: string): Promise<ServerProcess> {
  const child = fork(program, [folder]);
  const exited = once(child, "exit");
  const kill = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  const ended = exited.then(([code]) => {
    throw new Error(`the server ended with ${code}`);
  });
  ended.catch(() => undefined);
  const answer = async <Answer>() => {
    const [message] = await Promise.race([once(child, "message"), ended]);
    return message as Answer;
  };
  const listening = await answer<{ port: number }>();
  const ask = <Answer>(question: string) => {
    child.send(question);
    return answer<Answer>();
  };
  return {
    port: listening.port,
    usedBytes: async () => (await ask<Usage>("usage")).usedBytes,
    usageAtRest: () => ask<Usage>("usage at rest"),
    close: () => ask("close"),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

export interface Pinger {
  /** Resolves when so many pings were answered. */
  answered(count: number): Promise<unknown>;
  /** Ends it, and says how long each ping took, in milliseconds. */
  stop(): Promise<number[]>;
}

/** Pings a gateway from another process from now on. */
export async function startPinger(program: string, url: string): Promise<Pinger> {
  const child = fork(program, [url]);
  await once(child, "message");
  const next = async (isIt: (message: unknown) => boolean) => {
    for (;;) {
      const [message] = await once(child, "message");
      if (isIt(message)) return message;
    }
  };
  return {
    answered: (count) => next((message) => Number(message) >= count),
    async stop() {
      child.send("stop");
      const tookMs = await next(Array.isArray);
      child.disconnect();
      return tookMs as number[];
    },
  };
}
