/** A name, and a text about it. */
export interface Fact {
  readonly name: string;
  readonly text: string;
}

/** The app's settings and knowledge as the dialog shows them. */
export interface AppSettings {
  readonly models: readonly string[];
  readonly efforts: readonly string[];
  readonly chat: Selection;
  readonly costs: readonly { readonly day: string; readonly costUsd: number }[];
  readonly tools: readonly Fact[];
  readonly skills: readonly Fact[];
  readonly memory: readonly Fact[];
}

/** The model and the effort of a chat; empty texts stand for the defaults. */
export interface Selection {
  readonly model: string;
  readonly effort: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads an app's answer. Parts of another shape are left out. */
export function readSettings(answer: unknown): AppSettings {
  const { models, efforts, chat, costs, tools, skills, memory } = fieldsOf(answer);
  const { model, effort } = fieldsOf(chat);
  return {
    models: listOf(models).filter(isText),
    efforts: listOf(efforts).filter(isText),
    chat: { model: isText(model) ? model : "", effort: isText(effort) ? effort : "" },
    costs: listOf(costs).flatMap((cost) => {
      const { day, costUsd } = fieldsOf(cost);
      const isKnown = isText(day) && !Number.isNaN(Date.parse(day));
      return isKnown && typeof costUsd === "number" && costUsd >= 0 ? [{ day, costUsd }] : [];
    }),
    tools: factsOf(tools),
    skills: factsOf(skills),
    memory: factsOf(memory),
  };
}

function factsOf(value: unknown): Fact[] {
  return listOf(value).flatMap((fact) => {
    const { name, text } = fieldsOf(fact);
    return isText(name) ? [{ name, text: isText(text) ? text : "" }] : [];
  });
}

function fieldsOf(value: unknown): Fields {
  return Object(value) as Fields;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
