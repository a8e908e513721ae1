#!/usr/bin/env node
// Checks commit subjects: `scope: imperative`, at most 72 characters, no full stop at the end.
// `check-commits.mjs FILE` checks the message in a file, as the git hook does. Without a file it
// checks the commits since the last tag.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

const SCOPES = [
  ...["protocol", "store", "agent", "gateway", "client", "web-chat", "example"],
  ...["ai-sdk", "openclaw", "postgres"],
  ...["docs", "tests", "ci", "bench", "findings"],
];
const MAX_CHARS = 72;
// The first commit that follows these rules comes after this subject.
const RULES_SINCE = "docs: check prose, rooms and commit subjects";
// Imperatives that look like another form.
const VERBS = new Set(["bring", "embed", "feed", "need", "seed", "speed", "shed", "focus"]);

const [file] = process.argv.slice(2);
const subjects = file === undefined ? recentSubjects() : [subjectOf(readFileSync(file, "utf8"))];
const faults = subjects.flatMap((subject) => check(subject).map((fault) => `${subject}\n  ${fault}`));
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}

/** @param {string} subject */
function check(subject) {
  if (/^(?:Merge|Revert|fixup!|squash!)\b/.test(subject)) return [];
  const [, scope = "", text = ""] = /^([^:]*): (.*)$/.exec(subject) ?? [];
  const scopes = scope.split(", ");
  const unknown = scopes.filter((one) => !SCOPES.includes(one));
  const [verb = ""] = text.split(" ");
  return [
    ...(unknown.length > 0 ? [`The scope must be ${SCOPES.join(", ")}, got "${scope}".`] : []),
    ...(subject.length > MAX_CHARS
      ? [`The subject must have at most ${MAX_CHARS} characters, got ${subject.length}.`]
      : []),
    ...(subject.endsWith(".") ? ["The subject must not end with a full stop."] : []),
    ...(/^[a-z]/.test(verb) ? [] : [`The text must begin with a verb in lower case, got "${verb}".`]),
    ...((file === undefined ? /(?:ing|ed)$/ : /(?:ing|ed|[^s]s)$/).test(verb) && !VERBS.has(verb)
      ? [`The text must begin with an imperative, such as "add", got "${verb}".`]
      : []),
  ];
}

/** @param {string} message */
function subjectOf(message) {
  return message.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
}

/** A shallow clone has fewer commits and maybe no tag. Then the commits that it has are checked. */
function recentSubjects() {
  const tag = git("describe", "--tags", "--abbrev=0")?.trim();
  const range = tag === undefined ? "HEAD" : `${tag}..HEAD`;
  const all = (git("log", "--format=%s", "--no-merges", range) ?? "")
    .split("\n")
    .filter((line) => line !== "");
  const first = all.indexOf(RULES_SINCE);
  return first < 0 ? all : all.slice(0, first + 1);
}

/** @param {readonly string[]} args */
function git(...args) {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}
