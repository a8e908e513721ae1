import { readFileSync } from "node:fs";
import process from "node:process";
import { closestName } from "@mini-openclaw/protocol/shared";
import { Command, Option } from "commander";
import { flagOf, type SettingKey, settingKeys, settings } from "../settings/settings.ts";
import { settingsHelp } from "../settings/settings-help.ts";
import type { Sources } from "../settings/sources.ts";
import type { Options } from "./options.ts";

// EX_USAGE of sysexits.h.
const EXIT_USAGE = 64;

type Flags = Sources["flags"];

/**
 * Returns the command line. Each command is loaded when it runs, so that `--help` and mistakes cost
 * no more than this file.
 */
export function createProgram(): Command {
  const program = new Command("mini-openclaw")
    .description("A personal agent: a chat page, tools, memory and schedules in one process.")
    .version(readVersion(), "-v, --version")
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .hook("preSubcommand", addSettings)
    .hook("preAction", refuseUnknownCommand)
    .showHelpAfterError("Run mini-openclaw --help for all commands.")
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
    .addHelpText("after", () => `\n${settingsHelp()}`);

  withSettings(defaultOf(program, "start"))
    .description("start the server and its page (default)")
    .option("--demo", "let a script answer instead of a model")
    .option("--open", "open the page in the browser")
    .action(async (options: Options) =>
      (await import("./commands/start.ts")).start(flagsOf(options), options),
    );

  withSettings(program.command("run"))
    .description("run one message and print the answer, for scripts and cron")
    .argument("[text]", "the message. Standard input is added to it when it is piped")
    .option("--json", "print one JSON object with the answer, the outcome and the usage")
    .option("--file <path>", "add a text, an image or a PDF to the message. May be repeated", addTo)
    .option("--session <id>", "continue a session")
    .option("--yes", "allow every tool call that asks, instead of denying it")
    .action(async (text: string | undefined, options: Options) =>
      (await import("./commands/run.ts")).run(text, flagsOf(options), options),
    );

  withSettings(program.command("chat"))
    .description("chat in the terminal")
    .option("--session <id>", "continue a session")
    .action(async (options: Options) => (await import("./commands/chat.ts")).chat(flagsOf(options), options));

  withSettings(program.command("link"))
    .description("print a link, and its QR code, that logs a browser in once")
    .action(async (options: Options) => (await import("./commands/link.ts")).printLink(flagsOf(options)));

  program
    .command("sessions")
    .description("list, show, search, check and repair sessions (sessions --help)")
    .argument("[arguments...]")
    .allowUnknownOption()
    .helpOption(false)
    // Commander takes a `--` away, which the command needs.
    .action(async () => (await import("./commands/sessions.ts")).sessions(process.argv.slice(3)));

  const skills = program.command("skills").description("the skills of the workspace");
  withSettings(defaultOf(skills, "ls"))
    .description("list them")
    .action(async (options: Options) => (await import("./commands/skills.ts")).listSkills(flagsOf(options)));
  withSettings(skills.command("validate"))
    .description("check skills by the specification")
    .argument("[folders...]", "folders with a SKILL.md (default: all of the workspace)")
    .action(async (folders: string[], options: Options) =>
      (await import("./commands/skills.ts")).validateSkills(folders, flagsOf(options)),
    );
  withSettings(skills.command("add"))
    .description("copy a skill into the workspace")
    .argument("<folder>", "a folder with a SKILL.md")
    .action(async (folder: string, options: Options) =>
      (await import("./commands/skills.ts")).addSkill(folder, flagsOf(options)),
    );

  const mcp = program
    .command("mcp")
    .description("the MCP servers of the workspace's .mcp.json")
    .enablePositionalOptions();
  withSettings(defaultOf(mcp, "ls"))
    .description("list them")
    .action(async (options: Options) => (await import("./commands/mcp.ts")).listServers(flagsOf(options)));
  withSettings(mcp.command("add"))
    .description("add a server: a command with its arguments, or an http address")
    .argument("<name>")
    .argument("<command...>")
    .passThroughOptions()
    .action(async (name: string, command: string[], options: Options) =>
      (await import("./commands/mcp.ts")).addServer(name, command, flagsOf(options)),
    );
  withSettings(mcp.command("test"))
    .description("connect to each server and list its tools")
    .action(async (options: Options) => (await import("./commands/mcp.ts")).testServers(flagsOf(options)));

  const schedule = program
    .command("schedule")
    .description("instructions that run at certain times")
    .enablePositionalOptions();
  const atSchedule = async () => import("./commands/schedule.ts");
  withSettings(defaultOf(schedule, "ls"))
    .description("list them with their next time and the outcome of their last run")
    .option("--json", "print JSON")
    .action(async (options: Options) => (await atSchedule()).listSchedules(flagsOf(options), options));
  withSettings(schedule.command("add"))
    .description("add a schedule. --time-zone sets the time zone of its expression")
    .argument("<name>")
    .argument("<cron>", 'a cron expression of five fields, such as "0 9 * * 1-5"')
    .argument("<instruction>", "the message to the agent")
    .option("--catch-up", "make up for a time that passed while no server ran, once, at the next start")
    .action(async (name: string, cron: string, instruction: string, options: Options) =>
      (await atSchedule()).add(name, cron, instruction, flagsOf(options), options),
    );
  withSettings(schedule.command("rm"))
    .description("remove a schedule. Its chat stays")
    .argument("<name>")
    .action(async (name: string, options: Options) => (await atSchedule()).remove(name, flagsOf(options)));
  withSettings(schedule.command("run"))
    .description("run a schedule now, in its chat")
    .argument("<name>")
    .action(async (name: string, options: Options) => (await atSchedule()).runNow(name, flagsOf(options)));

  const memory = program.command("memory").description("the memory of the agent");
  withSettings(defaultOf(memory, "show"))
    .description("print MEMORY.md and the daily logs that the model gets")
    .action(async (options: Options) => (await import("./commands/memory.ts")).showMemory(flagsOf(options)));
  const prompt = program.command("prompt").description("the next request to the model");
  withSettings(defaultOf(prompt, "show"))
    .description("print the sections of the next request with their tokens and sources")
    .option("--session <id>", "with the messages of a session")
    .option("--full", "print the text of each section too")
    .action(async (options: Options) => (await import("./prompt.ts")).showPrompt(flagsOf(options), options));

  withSettings(program.command("doctor"))
    .description("check settings, model, port, files, sandbox and clock, and name each remedy")
    .option("--json", "print the results as JSON")
    .option("--fix", "mend what can be mended without a loss")
    .action(async (options: Options) =>
      (await import("./commands/doctor.ts")).doctor(flagsOf(options), options),
    );

  const config = program.command("config").description("the settings");
  withSettings(defaultOf(config, "show"))
    .description("print each setting and its source")
    .option("--json", "print JSON")
    .action(async (options: Options) =>
      (await import("./commands/config.ts")).showConfig(flagsOf(options), options),
    );
  config
    .command("get")
    .description("print the value of a setting")
    .argument("<key>")
    .action(async (key: string) => (await import("./commands/config.ts")).getConfig(key));
  config
    .command("set")
    .description("set a setting in config.json. Without a value, remove it")
    .argument("<key>")
    .argument("[value]")
    .action(async (key: string, value: string | undefined) =>
      (await import("./commands/config.ts")).setConfig(key, value),
    );
  config
    .command("path")
    .description("print the path of config.json")
    .action(async () => (await import("./commands/config.ts")).printPath());

  program
    .command("completion")
    .description("print the completion script of a shell")
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell: string) =>
      (await import("./commands/completion.ts")).printCompletion(shell, program),
    );

  return program;
}

const defaultCommands = new WeakSet<Command>();

/** Adds the command that runs without a name of a command. It has no arguments. */
function defaultOf(group: Command, name: string): Command {
  const command = group.command(name, { isDefault: true }).allowExcessArguments();
  defaultCommands.add(command);
  return command;
}

/** Commander takes an unknown command for an argument of the default one. */
function refuseUnknownCommand(_program: Command, command: Command): void {
  const [name] = command.args;
  if (name === undefined || !command.parent || !defaultCommands.has(command)) return;
  const known = command.parent.commands.map((one) => one.name());
  const closest = closestName(name, known);
  const hint = closest === undefined ? "" : ` Did you mean ${closest}?`;
  console.error(`\`${name}\` is not a command.${hint} Known: ${known.join(", ")}.`);
  process.exit(EXIT_USAGE);
}

const settingNames = new Map<string, SettingKey>();

const withAllSettings = new WeakSet<Command>();

/** Makes a command accept a flag for each setting that is no secret. */
function withSettings(command: Command): Command {
  withAllSettings.add(command);
  return command;
}

/**
 * Adds the flags of a command when the command line names it. All flags of all commands would
 * double the cost of `--help`.
 */
function addSettings(_parent: Command, command: Command): void {
  command.hook("preSubcommand", addSettings);
  if (!withAllSettings.delete(command)) return;
  for (const key of settingKeys) {
    const flag = flagOf(key);
    if (flag === undefined) continue;
    const option = new Option(`${flag} <value>`, settings[key].about);
    settingNames.set(option.attributeName(), key);
    command.addOption(option.helpGroup("Settings, which may also be variables or in config.json:"));
  }
}

function flagsOf(options: Options): Flags {
  const given = Object.entries(options).flatMap(([name, value]) => {
    const key = settingNames.get(name);
    return key === undefined ? [] : [[key, String(value)] as const];
  });
  const demo = options["demo"] === true ? { provider: "demo" } : {};
  return { ...Object.fromEntries(given), ...demo };
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
}

/** Adds a value of an option that may be repeated. */
function addTo(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
