/** The options of a command: its own, and the settings that were given as flags. */
export type Options = Readonly<Record<string, unknown>>;
