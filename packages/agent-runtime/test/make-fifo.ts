import { execFileSync } from "node:child_process";

export function makeFifo(path: string): void {
  execFileSync("/bin/sh", ["-c", 'mkfifo "$0"', path]);
}
