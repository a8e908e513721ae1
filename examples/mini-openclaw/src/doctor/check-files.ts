import { accessSync, chmodSync, constants, existsSync, rmSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { lockFolder } from "@mini-openclaw/session-store";
import { readAddress } from "../data-dir.ts";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import type { Finding } from "./finding.ts";

const MIN_FREE_MIB = 200;

/** `config.json` may hold a token or a key, so that nobody else may read it. */
export function checkConfigFile({ configFile }: MiniOpenClawConfig): Finding[] {
  if (!existsSync(configFile)) return [];
  return [checkPrivate("config file", configFile, 0o600)];
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
  if (!existsSync(dataDir)) return [{ check, level: "good", message: `${dataDir} will be created` }];
  if (!statSync(dataDir).isDirectory() || !mayWrite(dataDir))
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

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
