import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readlink, realpath, rm, stat, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** Locks commands in. {@link findSandbox} gives one; any other program that does can stand behind this too. */
export interface Sandbox {
  /** What people are shown. */
  readonly name: string;
  /** The program and arguments that run `argv` locked in, in `workspaceDir`, the one place where it may write. */
  wrap(argv: readonly string[], workspaceDir: string): Promise<readonly string[]>;
}

export interface SandboxOptions {
  /** Folders and files that commands must not see, such as where the application keeps its own. @default none */
  hidden?: readonly string[];
  /** @default "bwrap", from the PATH */
  program?: string;
}

/** A sandbox, or why there is none, in words for people. */
export type SandboxSearch = { sandbox: Sandbox; problem?: never } | { sandbox?: never; problem: string };

/**
 * Finds bubblewrap (`bwrap`), and proves that it works here by running it: that a command in it can write in its workspace, and
 * nowhere else, does not see what is hidden, and sees no process but its own. Costs two processes; call it once, at the start.
 *
 * In it a command sees the whole disk read-only, but for its workspace, which it may write to, and what is hidden: `hidden`,
 * `/tmp`, `/run` and the usual places of credentials and caches in the home directory. Those are empty, and what is written there
 * is gone with the command. It has its own processes and no privileges. The network is open.
 */
export async function findSandbox({
  hidden = [],
  program = "bwrap",
}: SandboxOptions = {}): Promise<SandboxSearch> {
  if (process.platform !== "linux") return { problem: "bubblewrap is for Linux only" };
  const home = homedir();
  const all = ["/tmp", "/run", ...hiddenInHome.map((name) => join(home, name)), ...hidden];
  const problem = await findProblem(program, all);
  if (problem !== undefined) return { problem };
  return {
    sandbox: {
      name: "bubblewrap",
      wrap: (argv, workspaceDir) => toBubblewrap(program, argv, workspaceDir, all),
    },
  };
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

/** Each hidden folder takes at most this much memory. Chosen: 1 GiB. */
const MAX_HIDDEN_BYTES = 1_073_741_824;

/**
 * What belongs to the whole machine in `/proc`. Root may write there without any privilege, to `sys/kernel/core_pattern` for example:
 * a program that the kernel runs outside. Containers close the same.
 */
const machineSettings = [
  "acpi",
  "asound",
  "bus",
  "fs",
  "irq",
  "mtrr",
  "pressure",
  "scsi",
  "sys",
  "sysrq-trigger",
].map((name) => `/proc/${name}`);

interface Mount {
  path: string;
  args: readonly string[];
}

async function toBubblewrap(
  program: string,
  argv: readonly string[],
  workspaceDir: string,
  hidden: readonly string[],
): Promise<string[]> {
  const workspace = await realpath(workspaceDir);
  const hiding = await Promise.all(hidden.map(hide));
  const mounts: Mount[] = [
    ...hiding.flatMap((mount) => mount ?? []),
    // Where /etc/resolv.conf leads on many systems.
    { path: "/run/systemd/resolve", args: ["--ro-bind-try", "/run/systemd/resolve", "/run/systemd/resolve"] },
    { path: workspace, args: ["--bind", workspace, workspace] },
  ];
  // From the top down, as a mount covers what was mounted below it; at the same place the workspace comes last.
  mounts.sort((a, b) => depth(a.path) - depth(b.path));
  return [
    program,
    ...["--unshare-all", "--share-net", "--die-with-parent", "--cap-drop", "ALL"],
    ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
    ...machineSettings.flatMap((path) => ["--ro-bind-try", path, path]),
    ...mounts.flatMap(({ args }) => args),
    ...["--setenv", "TMPDIR", "/tmp", "--chdir", workspace, "--"],
    ...argv,
  ];
}

function depth(path: string): number {
  return path.split("/").filter(Boolean).length;
}

/** An empty folder, or a file that cannot be read, in the place of what is there; nothing where nothing is. */
async function hide(path: string): Promise<Mount | undefined> {
  try {
    const real = await realpath(path);
    const isFolder = (await stat(real)).isDirectory();
    const empty = ["--size", String(MAX_HIDDEN_BYTES), "--tmpfs", real];
    return { path: real, args: isFolder ? empty : ["--ro-bind", "/dev/null", real] };
  } catch {
    // Not there, or out of this user's reach, and so of that of commands.
    return undefined;
  }
}

/** What a command in the sandbox finds; each line must be as expected. */
const probe = `
echo in > "$1/workspace/written"
cat "$1/secret/key" 2> /dev/null || echo hidden
while read -r _ at _ flags _; do [ "$at" = / ] && echo "\${flags%%,*}"; done < /proc/self/mounts
[ -w /proc/sys/kernel/core_pattern ] && echo open || echo closed
readlink /proc/self/ns/pid
`;

/** Runs a command in the sandbox and looks whether it is locked in; says what is wrong if it is not. */
async function findProblem(program: string, hidden: readonly string[]): Promise<string | undefined> {
  const place = await realpath(await mkdtemp(join(tmpdir(), "sandbox-")));
  try {
    await mkdir(join(place, "workspace"));
    await mkdir(join(place, "secret"));
    await writeFile(join(place, "secret/key"), "seen");
    const shell = ["sh", "-c", probe, "sh", place];
    const [file = program, ...args] = await toBubblewrap(program, shell, join(place, "workspace"), [
      ...hidden,
      join(place, "secret"),
    ]);
    const { output, error } = await run(file, args);
    if (error) return error;
    const [secret, root, settings, namespace] = output.split("\n");
    const isWritten = await stat(join(place, "workspace/written")).then(
      () => true,
      () => false,
    );
    if (secret !== "hidden") return "bwrap runs here, but does not hide what it is told to";
    if (root !== "ro") return "bwrap runs here, but does not make the disk read-only";
    if (settings !== "closed") return "bwrap runs here, but leaves the machine's settings writable";
    if (!isWritten) return "bwrap runs here, but commands cannot write in their workspace";
    const isSame = namespace === (await readlink("/proc/self/ns/pid"));
    return isSame ? "bwrap runs here, but commands see the processes of others" : undefined;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** How long the proof may take, in milliseconds. Chosen: a thousand times what it takes. */
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
