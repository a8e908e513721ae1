import { mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeFileSystem as fs } from "../src/files/file-system.ts";
import { isListening, listenBeside } from "../src/files/lock-socket.ts";
import { temporaryFolder } from "./temporary-folder.ts";

// Only Linux has containers whose processes need a socket.
describe.skipIf(process.platform !== "linux")("a socket beside a lock", () => {
  test.each([
    ["short", "d"],
    ["longer than the path of a socket may be", "d".repeat(200)],
  ])("accepts while its owner lives, and refuses after, in a folder whose path is %s", async (_, name) => {
    await using parent = await temporaryFolder();
    const folder = join(parent.path, name);
    mkdirSync(folder);
    symlinkSync(folder, join(parent.path, "link"));
    const socket = listenBeside(fs, join(folder, "s.lock"));
    const path = join(folder, String(socket?.name));
    expect(isListening(fs, path, crypto.randomUUID())).toBe(true);
    const linked = join(parent.path, "link", String(socket?.name));
    expect(isListening(fs, linked, crypto.randomUUID())).toBe(true);
    // The name of a socket stays when its process dies. A server that closes removes its own.
    renameSync(path, join(folder, "kept"));
    socket?.stop();
    renameSync(join(folder, "kept"), path);
    expect(isListening(fs, path, crypto.randomUUID())).toBe(false);
  });

  test("is removed with its last use, in a folder with a long path", async () => {
    await using parent = await temporaryFolder();
    const folder = join(parent.path, "d".repeat(200));
    mkdirSync(folder);
    const sockets = ["a.lock", "b.lock"].map((lock) => listenBeside(fs, join(folder, lock)));
    expect(readdirSync(folder)).toEqual([sockets[0]?.name]);
    for (const socket of sockets) socket?.stop();
    expect(readdirSync(folder)).toEqual([]);
  });

  test("is neither made nor asked when no descriptor is left", () => {
    const full = {
      ...fs,
      open: () => {
        throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
      },
    };
    const lock = join("/", "d".repeat(200), "s.lock");
    expect(listenBeside(full, lock)).toBeUndefined();
    expect(isListening(full, lock, crypto.randomUUID())).toBeUndefined();
  });
});
