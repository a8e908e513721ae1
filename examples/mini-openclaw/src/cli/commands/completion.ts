import process from "node:process";
import type { Command } from "commander";
import { flagOf, settingKeys } from "../../settings/settings.ts";
import { exitCodes } from "../exit.ts";
import { warn } from "../load.ts";

/** Prints a completion script: the commands, their commands, and the flags of the settings. */
export function printCompletion(shell: string, program: Command): void {
  const print = scripts[shell];
  if (!print) {
    warn(`\`${shell}\` is not a known shell. Known: ${Object.keys(scripts).join(", ")}.`);
    process.exit(exitCodes.badUsage);
  }
  console.log(print(program));
}

const scripts: Readonly<Record<string, (program: Command) => string>> = { bash, zsh, fish };

function namesOf({ commands }: Command): string[] {
  return commands.map((command) => command.name());
}

function flags(): string[] {
  return settingKeys.flatMap((key) => flagOf(key) ?? []);
}

function bash(program: Command): string {
  const cases = program.commands
    .filter(({ commands }) => commands.length > 0)
    .map((command) => `    ${command.name()}) words="${namesOf(command).join(" ")}" ;;`);
  return [
    "_mini_openclaw() {",
    "  local word=$" + "{COMP_WORDS[COMP_CWORD]} words",
    '  case "$' + '{COMP_WORDS[1]}" in',
    ...cases,
    `    *) words="${namesOf(program).join(" ")}" ;;`,
    "  esac",
    `  [[ $word == -* ]] && words="${flags().join(" ")}"`,
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "}",
    "complete -o default -F _mini_openclaw mini-openclaw",
  ].join("\n");
}

function zsh(program: Command): string {
  return ["autoload -U +X bashcompinit && bashcompinit", bash(program)].join("\n");
}

function fish(program: Command): string {
  const rows = program.commands.flatMap((command) => [
    `complete -c mini-openclaw -n __fish_use_subcommand -a ${command.name()} -d ${JSON.stringify(command.description())}`,
    ...namesOf(command).map(
      (name) => `complete -c mini-openclaw -n "__fish_seen_subcommand_from ${command.name()}" -a ${name}`,
    ),
  ]);
  return [...rows, ...flags().map((flag) => `complete -c mini-openclaw -l ${flag.slice(2)} -r`)].join("\n");
}
