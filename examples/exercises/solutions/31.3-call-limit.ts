/** The part of a tool that matters here. */
export interface Tool {
  name: string;
  execute(input: Record<string, unknown>): Promise<string>;
}

/**
 * Returns the tools with a common limit on calls. A call beyond the limit is not made. Its result
 * asks the model to answer with what it has.
 */
export function limitCalls(tools: readonly Tool[], limit: number): Tool[] {
  let calls = 0;
  return tools.map((tool) => ({
    name: tool.name,
    async execute(input) {
      calls += 1;
      if (calls <= limit) return tool.execute(input);
      return `The limit of ${limit} tool calls is reached. Answer with what you have, without tools.`;
    },
  }));
}
