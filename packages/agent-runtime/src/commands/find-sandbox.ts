import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { checkArrays, checkKnown, checkText, invalidOption } from "../shared/check-options.ts";
import { type BubblewrapOptions, createBubblewrap } from "./bubblewrap.ts";
import type { Sandbox } from "./sandbox.ts";

export interface SandboxOptions {
  /**
   * Folders and files that commands must not see, such as where the application keeps its own. Best
   * outside the workspace, or directly in it: of a longer path in it, a command can rename what
   * comes before.
   * @default none
   */
  hidden?: readonly string[];
  /** Allows commands to use the network, this machine's own services included. @default true */
  network?: boolean;
  /** @default "bwrap", from the PATH */
  program?: string;
}

/** A sandbox, or why there is none, in words for people. */
export type SandboxSearch = { sandbox: Sandbox; problem?: never } | { sandbox?: never; problem: string };

/**
 * Finds bubblewrap (`bwrap`), and proves that it works here by running it: that a command in it can
 * write in its workspace, and nowhere else, does not see what is hidden, and sees no process but
 * its own. Costs two processes. Call it once, at the start.
 *
 * In it a command sees the whole disk read-only, but for its workspace, which it may write to, and
 * what is hidden: `hidden`, `/tmp`, `/run` and the usual places of credentials and caches in the
 * home directory. Those are empty, and what is written there is gone with the command. It has its
 * own processes and no privileges. The network is open unless `network` is false.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export async function findSandbox(given: SandboxOptions = {}): Promise<SandboxSearch> {
  checkKnown("findSandbox", given, { hidden: true, network: true, program: true });
  checkArrays(given, ["hidden"]);
  const { hidden = [], network = true, program = "bwrap" } = given;
  for (const [index, path] of hidden.entries()) checkText(`hidden[${index}]`, path);
  if (typeof network !== "boolean") throw invalidOption("network", "true or false", network);
  checkText("program", program);
  if (process.platform !== "linux") return { problem: "bubblewrap is for Linux only" };
  const home = homedir();
  const all = ["/tmp", "/run", ...hiddenInHome.map((name) => join(home, name)), ...hidden];
  const options = { program, network, hidden: all };
  const problem = await findProblem(options);
  return problem === undefined ? { sandbox: createBubblewrap(options) } : { problem };
}

/** In the home directory: keys and tokens, and the caches that tools must be able to write to. */
const hiddenInHome = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".config/gcloud",
  ".config/gh",
  ".docker",
  ".kube",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".git-credentials",
  ".password-store",
  ".cache",
  ".npm",
];

/** A script whose lines of output must be as expected in a sandbox. */
const probe = `
echo in > "$1/workspace/written"
cat "$1/secret/key" 2> /dev/null || echo hidden
while read -r _ at _ flags _; do [ "$at" = / ] && echo "\${flags%%,*}"; done < /proc/self/mounts
[ -w /proc/sys/kernel/core_pattern ] && echo open || echo closed
readlink /proc/self/ns/pid
`;

/**
 * Runs a command in the sandbox and checks that it is locked in. Returns the fault if it is not.
 */
async function findProblem(options: BubblewrapOptions): Promise<string | undefined> {
  const place = await realpath(await mkdtemp(join(tmpdir(), "sandbox-")));
  try {
    const workspace = join(place, "workspace");
    const secret = join(place, "secret");
    await mkdir(workspace);
    await mkdir(secret);
    await writeFile(join(secret, "key"), "seen");
    const sandbox = createBubblewrap({ ...options, hidden: [...options.hidden, secret] });
    const [file = "", ...args] = await sandbox.wrap(["sh", "-c", probe, "sh", place], workspace);
    const { output, error } = await run(file, args);
    return error ?? (await findLeak(output, workspace));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Returns the fault that the command's lines reveal, if any. */
async function findLeak(output: string, workspace: string): Promise<string | undefined> {
  const [secret, root, settings, namespace] = output.split("\n");
  if (secret !== "hidden") return "bwrap runs here, but does not hide what it is told to";
  if (root !== "ro") return "bwrap runs here, but does not make the disk read-only";
  if (settings !== "closed") return "bwrap runs here, but leaves the machine's settings writable";
  const isWritten = (await readdir(workspace)).includes("written");
  if (!isWritten) return "bwrap runs here, but commands cannot write in their workspace";
  const isSame = namespace === (await readlink("/proc/self/ns/pid"));
  return isSame ? "bwrap runs here, but commands see the processes of others" : undefined;
}

/** Time limit of the proof, in milliseconds: a thousand times what it needs. */
const PROBE_TIMEOUT_MS = 10_000;

function run(file: string, args: readonly string[]): Promise<{ output: string; error?: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { timeout: PROBE_TIMEOUT_MS, killSignal: "SIGKILL" }, (error, output, complaint) => {
      if (!error) resolve({ output });
      else if (error.code === "ENOENT")
        resolve({ output, error: `bubblewrap is not installed (${file} is not there)` });
      else {
        const reason = complaint.trim().split("\n")[0] || error.message;
        resolve({ output, error: `bubblewrap does not work here: ${reason}` });
      }
    });
  });
}
