import { realpath, stat } from "node:fs/promises";
import { below } from "../files/path-error.ts";
import { worktreeFolders } from "./git-worktree.ts";
import type { Sandbox } from "./sandbox.ts";

export interface BubblewrapOptions {
  /** The program itself. */
  program: string;
  /** Folders and files that commands see as empty. */
  hidden: readonly string[];
  network: boolean;
}

/** Each hidden folder takes at most this much memory: 1 GiB. */
const MAX_HIDDEN_BYTES = 1_073_741_824;

/**
 * Paths in `/proc` that belong to the whole machine. Root may write there without any privilege, to
 * `sys/kernel/core_pattern` for example: a program that the kernel runs outside. Containers close
 * the same.
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

/** The sandbox that bubblewrap makes. Whether it works here is another question. */
export function createBubblewrap({ program, hidden, network }: BubblewrapOptions): Sandbox {
  return {
    name: "bubblewrap",
    async wrap(argv, workspaceDir) {
      const workspace = await realpath(workspaceDir);
      // Mounted over everything else, it would bring back all that is locked out.
      if (workspace === "/")
        throw new Error("The workspace is the whole disk, which a sandbox cannot lock out.");
      const hiding = (await Promise.all(hidden.map(hide))).flatMap((mount) => mount ?? []);
      const isHidden = (path: string) => hiding.some((mount) => below(mount.path, path) !== undefined);
      const repository = (await worktreeFolders(workspace)).filter((path) => !isHidden(path));
      const mounts: Mount[] = [
        ...hiding,
        ...repository.map((path) => ({ path, args: ["--bind-try", path, path] })),
        // Where /etc/resolv.conf leads on many systems.
        readOnly("/run/systemd/resolve"),
        { path: workspace, args: ["--bind", workspace, workspace] },
      ];
      // From the top down, as a mount covers what was mounted below it. At the same place the
      // workspace comes last.
      mounts.sort((a, b) => depth(a.path) - depth(b.path));
      return [
        program,
        ...["--unshare-all", ...(network ? ["--share-net"] : [])],
        ...["--die-with-parent", "--cap-drop", "ALL"],
        ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
        ...[...machineSettings.map(readOnly), ...mounts].flatMap(({ args }) => args),
        ...["--setenv", "TMPDIR", "/tmp", "--chdir", workspace, "--"],
        ...argv,
      ];
    },
  };
}

function readOnly(path: string): Mount {
  return { path, args: ["--ro-bind-try", path, path] };
}

function depth(path: string): number {
  return path.split("/").filter(Boolean).length;
}

/**
 * Returns a mount that covers a path with an empty folder or file, or nothing if nothing is there.
 */
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
