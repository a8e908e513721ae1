import { element, setText } from "../../dom/elements.ts";
import { createFormats } from "../../language/formats.ts";
import type { Texts } from "../../language/texts.ts";
import { createCostChart } from "./cost-chart.ts";
import { type Fact, readSettings, type Selection } from "./read-settings.ts";

export interface SettingsViewParts {
  texts: Texts;
  /** The address of the app's settings. */
  url: URL;
  /** Returns the id of the shown chat. */
  sessionId: () => string | undefined;
}

/** Loads the app's settings, and creates the content of the dialog. */
export async function createSettingsView(parts: SettingsViewParts): Promise<Node> {
  const { texts, url, sessionId } = parts;
  const id = sessionId();
  const address = new URL(url);
  if (id !== undefined) address.searchParams.set("session", id);
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`GET ${address.pathname} answered ${answer.status}.`);
  const { models, efforts, chat, costs, tools, skills, memory } = readSettings(await answer.json());
  const content = document.createDocumentFragment();
  if (id !== undefined && (models.length > 1 || efforts.length > 0)) {
    content.append(createSelection({ models, efforts, chat }, { texts, url, id }));
  }
  const formats = createFormats(texts.language);
  if (costs.length > 0) content.append(section(texts.costs, createCostChart(costs, { texts, formats })));
  content.append(
    ...factsSection(texts.memory, memory),
    ...factsSection(texts.skills, skills),
    ...factsSection(texts.tools, tools),
  );
  if (!content.hasChildNodes()) content.append(element("p", "settings-hint", texts.noSettings));
  return content;
}

interface Choices {
  readonly models: readonly string[];
  readonly efforts: readonly string[];
  readonly chat: Selection;
}

/** Creates the choice of the model and the effort of one chat. A choice is sent at once. */
function createSelection(
  { models, efforts, chat }: Choices,
  { texts, url, id }: { texts: Texts; url: URL; id: string },
): HTMLElement {
  const [first = "", ...others] = models;
  const outcome = element("p", "settings-hint");
  outcome.setAttribute("role", "status");
  const model = createSelect(
    texts.model,
    [["", texts.defaultModel(first)], ...others.map(named)],
    chat.model,
  );
  const effort = createSelect(texts.effort, [["", texts.defaultEffort], ...efforts.map(named)], chat.effort);
  async function save(): Promise<void> {
    setText(outcome, "");
    const body = JSON.stringify({ sessionId: id, model: model.select.value, effort: effort.select.value });
    const headers = { "content-type": "application/json" };
    const isSaved = await fetch(url, { method: "POST", headers, body }).then(
      ({ ok }) => ok,
      () => false,
    );
    setText(outcome, isSaved ? texts.settingsSaved : texts.notDone);
  }
  for (const { select } of [model, effort]) select.addEventListener("change", () => void save());
  const fields = [...(models.length > 1 ? [model.root] : []), ...(efforts.length > 0 ? [effort.root] : [])];
  return section(texts.thisChat, element("div", "settings-fields", ...fields), outcome);
}

function named(name: string): [value: string, label: string] {
  return [name, name];
}

function createSelect(label: string, options: readonly (readonly [string, string])[], selected: string) {
  const select = element(
    "select",
    "",
    ...options.map(([value, text]) => {
      const option = element("option", "", text);
      option.value = value;
      return option;
    }),
  );
  select.value = options.some(([value]) => value === selected) ? selected : "";
  return { root: element("label", "", element("span", "", label), select), select };
}

/** Returns a section with one entry for each fact, which opens to its text. */
function factsSection(heading: string, facts: readonly Fact[]): HTMLElement[] {
  if (facts.length === 0) return [];
  const entries = facts.map(({ name, text }) => {
    if (text === "") return element("li", "", element("code", "", name));
    const body = element("pre", "", text);
    body.tabIndex = 0;
    body.setAttribute("role", "group");
    body.setAttribute("aria-label", name);
    return element("li", "", element("details", "", element("summary", "", element("code", "", name)), body));
  });
  return [section(heading, element("ul", "", ...entries))];
}

function section(heading: string, ...children: readonly Node[]): HTMLElement {
  const root = element("section", "", element("h3", "", heading), ...children);
  root.setAttribute("aria-label", heading);
  return root;
}
