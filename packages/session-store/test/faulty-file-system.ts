import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";

/** A system call that was refused. */
export class SystemError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`${code}: injected`);
    this.code = code;
  }
}

export interface Faults {
  readonly fs: FileSystem;
  /** Fails the n-th of these calls from now on, and those after it until `lift()`. */
  fail(call: keyof FileSystem, nth: number, fault: string): void;
  /** True after a call failed. */
  readonly hit: boolean;
  lift(): void;
}

/**
 * The real file system, with one fault in it. `SHORT`: half of the bytes are written, then the disk
 * is full.
 */
export function faultyFileSystem(): Faults {
  let fault: { call: keyof FileSystem; left: number; code: string } | undefined;
  let hit = false;
  const met = (call: keyof FileSystem) => {
    if (fault?.call !== call) return undefined;
    fault.left -= 1;
    if (fault.left > 0) return undefined;
    const isFirst = !hit;
    hit = true;
    return { code: fault.code, isFirst };
  };
  const fs = { ...nodeFileSystem };
  const wrap = <Call extends keyof FileSystem>(call: Call) => {
    const real = nodeFileSystem[call] as (...args: unknown[]) => unknown;
    const isAsync = ["list", "read", "sync", "syncDirectory"].includes(call);
    const faulty = (...args: unknown[]): unknown => {
      const now = met(call);
      if (!now) return real(...args);
      if (now.code === "SHORT" && now.isFirst) return writeHalf(args);
      const error = new SystemError(now.code === "SHORT" ? "ENOSPC" : now.code);
      if (isAsync) return Promise.reject(error);
      throw error;
    };
    fs[call] = faulty as unknown as (typeof fs)[Call];
  };
  for (const call of Object.keys(nodeFileSystem) as (keyof FileSystem)[]) wrap(call);
  return {
    fs,
    fail(call, nth, code) {
      fault = { call, left: nth, code };
      hit = false;
    },
    get hit() {
      return hit;
    },
    lift() {
      fault = undefined;
    },
  };
}

function writeHalf([fd, bytes]: unknown[]): number {
  const all = Buffer.from(bytes as string);
  return nodeFileSystem.write(fd as number, all.subarray(0, all.length >> 1));
}
