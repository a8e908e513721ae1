import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { replaceFile } from "../src/settings/replace-file.ts";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "replace-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("writes the file behind a link, and keeps the link", () => {
  const folder = newFolder();
  const [file, link] = [join(folder, "dotfiles.json"), join(folder, "config.json")];
  writeFileSync(file, "before");
  symlinkSync(file, link);

  replaceFile(link, "after");

  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("after");
});

test("keeps the mode of the file, or sets the given one", () => {
  const folder = newFolder();
  const file = join(folder, "config.json");
  writeFileSync(file, "before");
  chmodSync(file, 0o640);

  replaceFile(file, "after");
  expect(statSync(file).mode & 0o777).toBe(0o640);
  replaceFile(file, "later", 0o600);

  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("leaves nothing beside a file that cannot be replaced", () => {
  const folder = newFolder();
  const place = join(folder, "config.json");
  mkdirSync(place);

  expect(() => replaceFile(place, "after")).toThrow("config.json");

  expect(readdirSync(folder)).toEqual(["config.json"]);
});
