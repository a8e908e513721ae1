import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { lockFolder } from "@mini-openclaw/session-store";
import { readAddress } from "../data-dir.ts";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import type { Finding } from "./finding.ts";

const MIN_FREE_MIB = 200;

/**
 * `config.json`, and `.env` beside it, may hold a token or a key, so that nobody else may read
 * them.
 */
export function checkConfigFile({ configFile }: MiniOpenClawConfig): Finding[] {
  const check = "config file";
  const files = [configFile, join(dirname(configFile), ".env")].filter((file) => existsSync(file));
  const found = files.map((file) => checkPrivate(check, file, 0o600));
  if (!process.env["MINI_OPENCLAW_CONFIG"] || files.includes(configFile)) return found;
  const message = `MINI_OPENCLAW_CONFIG names ${configFile}, which does not exist.`;
  const remedy = "Correct the path, or create the file: mini-openclaw config set port 3210";
  return [...found, { check, level: "warning", message, remedy }];
}

export function checkWorkspace({ workspace }: MiniOpenClawConfig): Finding[] {
  const check = "workspace";
  if (mayWrite(workspace)) return [{ check, level: "good", message: workspace }];
  return [
    {
      check,
      level: "problem",
      message: `${workspace} cannot be written by this user.`,
      remedy: `Run chown or chmod on it, or set MINI_OPENCLAW_WORKSPACE.`,
    },
  ];
}

export function checkDataDir({ dataDir }: MiniOpenClawConfig): Finding[] {
  const check = "data directory";
  // A link to nothing exists, although its target does not.
  if (!lstatSync(dataDir, { throwIfNoEntry: false }))
    return [{ check, level: "good", message: `${dataDir} will be created` }];
  if (!isDirectory(dataDir) || !mayWrite(dataDir))
    return [
      {
        check,
        level: "problem",
        message: `${dataDir} is no directory that this user can write.`,
        remedy: "Run chown or chmod on it, or set MINI_OPENCLAW_DATA_DIR.",
      },
    ];
  return [checkPrivate(check, dataDir, 0o700), ...checkAddress(dataDir)];
}

/** A server that was killed leaves its address, which then leads nowhere. */
function checkAddress(dataDir: string): Finding[] {
  const address = readAddress(dataDir);
  if (address === undefined) return [];
  try {
    lockFolder(dataDir).release();
  } catch {
    return [{ check: "server", level: "good", message: `runs at ${address}` }];
  }
  const file = join(dataDir, "address");
  return [
    {
      check: "server",
      level: "warning",
      message: `${file} names ${address}, but no server runs. It was probably killed.`,
      remedy: "Start the server, or run doctor --fix.",
      fix() {
        rmSync(file, { force: true });
        return `Removed ${file}.`;
      },
    },
  ];
}

export function checkDisk({ workspace, dataDir }: MiniOpenClawConfig): Finding[] {
  const folder = existsSync(dataDir) ? dataDir : workspace;
  const { bavail, bsize } = statfsSync(folder);
  const freeMiB = Math.floor((bavail * bsize) / 2 ** 20);
  if (freeMiB >= MIN_FREE_MIB) return [{ check: "disk", level: "good", message: `${freeMiB} MiB free` }];
  return [
    {
      check: "disk",
      level: "problem",
      message: `Only ${freeMiB} MiB are free in ${folder}.`,
      remedy: "Free some space. Messages are refused when the disk is full.",
    },
  ];
}

function checkPrivate(check: string, path: string, mode: number): Finding {
  const isOpen = process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0;
  if (!isOpen) return { check, level: "good", message: path };
  return {
    check,
    level: "problem",
    message: `Other users of this machine can read ${path}.`,
    remedy: `Run chmod ${mode.toString(8)} ${path}, or doctor --fix.`,
    fix() {
      chmodSync(path, mode);
      return `Set the mode of ${path} to ${mode.toString(8)}.`;
    },
  };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
