import { parseFrontMatter } from "./front-matter.ts";

/**
 * Returns the faults of a SKILL.md by the Agent Skills specification
 * (https://agentskills.io/specification), in words for its author. Stricter than loading, which
 * accepts what it can.
 */
export async function validateSkill(text: string, folder: string): Promise<string[]> {
  // Imported on first use, as in the loader.
  const { parse } = await import("yaml");
  const { fields, fault } = parseFrontMatter(text, parse);
  if (fault) return [fault];
  const { name, description } = fields;
  const unknown = Object.keys(fields).filter((field) => !knownFields.includes(field));
  return [
    ...nameFaults(name, folder),
    ...textFaults("description", description, 1024),
    ...("compatibility" in fields ? textFaults("compatibility", fields["compatibility"], 500) : []),
    ...("license" in fields ? textFaults("license", fields["license"], Infinity) : []),
    ...("allowed-tools" in fields ? textFaults("allowed-tools", fields["allowed-tools"], Infinity) : []),
    ...metadataFaults(fields["metadata"]),
    ...unknown.map((field) => `\`${field}\` is no field of a skill; allowed are ${knownFields.join(", ")}`),
  ];
}

const knownFields = [
  "name",
  "description",
  "license",
  "compatibility",
  "metadata",
  "allowed-tools",
  // OpenClaw's own.
  "user-invocable",
  "disable-model-invocation",
];

function nameFaults(name: unknown, folder: string): string[] {
  const faults = textFaults("name", name, 64);
  if (faults.length > 0) return faults;
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name as string)) {
    return [
      `\`name\` is ${JSON.stringify(name)}: lower-case letters and digits are allowed, single hyphens between them`,
    ];
  }
  return name === folder
    ? []
    : [`\`name\` is ${JSON.stringify(name)}, its folder ${JSON.stringify(folder)}: they must agree`];
}

function textFaults(field: string, value: unknown, maxChars: number): string[] {
  const allowed =
    maxChars === Infinity ? "a text is needed" : `a text of 1 to ${maxChars} characters is needed`;
  if (value === undefined) return [`\`${field}\` is missing: ${allowed}`];
  if (typeof value !== "string") return [`\`${field}\` is not a text: ${allowed}`];
  if (value.trim() === "") return [`\`${field}\` is empty: ${allowed}`];
  return value.length > maxChars ? [`\`${field}\` has ${value.length} characters: ${allowed}`] : [];
}

function metadataFaults(metadata: unknown): string[] {
  if (metadata === undefined) return [];
  const isMap = typeof metadata === "object" && metadata !== null && !Array.isArray(metadata);
  const isFlat = isMap && Object.values(metadata).every((value) => typeof value === "string");
  return isFlat ? [] : ["`metadata` is not a list of `key: text`"];
}
