import { type JsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import * as v from "valibot";
import { AuthCommandSchema, clientEventSchemas } from "../src/schema/commands.ts";
import { assistantFields, UsageSchema, userFields } from "../src/schema/messages.ts";
import { MessageEntrySchema, RecordEntrySchema, SessionHeaderSchema } from "../src/schema/transcript.ts";
import { ServerEventSchema } from "../src/schema/wire.ts";

type Schemas = Record<string, v.GenericSchema>;

/** The JSON Schemas of everything on the wire and in a transcript, each by the name of its type. */
export function createDefinitions(): Record<string, JsonSchema> {
  const [numbered, answers] = ServerEventSchema.options;
  const commands = Object.values(clientEventSchemas);
  const schemas: Schemas = {
    ClientEvent: v.variant("type", commands),
    ServerEvent: ServerEventSchema,
    TranscriptLine: v.union([SessionHeaderSchema, MessageEntrySchema, RecordEntrySchema]),
    AuthCommand: AuthCommandSchema,
    ...byName(commands, ({ type }) => `${type}Command`),
    NumberedEvent: numbered,
    ...byName(numbered.options, ({ type }) => `${type}Event`),
    Answer: answers,
    ...byName(answers.options, ({ type }) => (type === "error" ? "CommandErrorEvent" : `${type}Event`)),
    SessionHeader: SessionHeaderSchema,
    MessageEntry: MessageEntrySchema,
    ...byName(MessageEntrySchema.options, ({ role }) => `${role}Entry`),
    ...byName(RecordEntrySchema.options, ({ type }) => `${type}Entry`),
    ContentBlock: userFields.blocks.wrapped.item,
    ToolCallRecord: assistantFields.toolCalls.wrapped.item,
    Usage: UsageSchema,
  };
  return toJsonSchemaDefs(schemas, {
    target: "draft-2020-12",
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      // An object that is kept as it is: the one custom schema there is.
      if (valibotSchema.type === "custom") return { type: "object" };
      return valibotSchema === clientEventSchemas.message ? { ...jsonSchema, ...notEmpty } : undefined;
    },
  });
}

/** A message has a text or blocks. The parser checks that beside the schema. */
const notEmpty: JsonSchema = {
  anyOf: [
    { properties: { content: { type: "string", minLength: 1 } } },
    { required: ["blocks"], properties: { blocks: { type: "array", minItems: 1 } } },
  ],
};

type Tagged = v.GenericSchema & { entries: Record<string, unknown> };

/** Names schemas after their literal fields: `run_end` becomes `RunEnd`. */
function byName(schemas: readonly Tagged[], name: (literals: Record<string, string>) => string): Schemas {
  return Object.fromEntries(
    schemas.map((schema) => {
      const fields = Object.entries(schema.entries).map(([field, value]) => [field, literalOf(value)]);
      return [toPascalCase(name(Object.fromEntries(fields))), schema];
    }),
  );
}

function literalOf(schema: unknown): unknown {
  return (schema as Partial<v.LiteralSchema<string, undefined>>).literal;
}

function toPascalCase(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
