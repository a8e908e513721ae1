import type { Usage } from "@mini-openclaw/protocol";
import {
  type Attributes,
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type {
  AgentHooks,
  HookSpan,
  ModelCall,
  ModelCallReport,
  RunRef,
  RunReport,
  ToolCall,
  ToolCallReport,
} from "../observe/hooks.ts";
import { checkKnown } from "../shared/check-options.ts";
import { AgentError } from "../shared/errors.ts";
import { answerOf, callInputOf, callOutputOf, requestOf } from "./contents.ts";

export interface OpenTelemetryOptions {
  /**
   * `gen_ai.provider.name`: `anthropic`, `openai`, …, or a function of the model's name where there
   * are fallbacks elsewhere.
   */
  providerName: string | ((model: string) => string);
  /** `gen_ai.agent.name`. @default none */
  agentName?: string;
  /**
   * True to add the contents to spans: system prompt, messages, tools, their inputs and
   * results. Every reader of the traces can read them.
   * @default false
   */
  contents?: boolean;
  /** @default the one named `@mini-openclaw/agent-runtime` of the global provider */
  tracer?: Tracer;
}

/**
 * Hooks that make OpenTelemetry spans of runs: `invoke_agent` around `chat` and `execute_tool`,
 * with the names and attributes of the semantic conventions for generative AI (status: Development,
 * as of 2026-11). Spans of HTTP clients and databases that models and tools use become their
 * children.
 *
 * Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
 */
export function createOpenTelemetryHooks(
  options: OpenTelemetryOptions,
): Required<Pick<AgentHooks, "onRun" | "onModelCall" | "onToolCall">> {
  checkKnown("createOpenTelemetryHooks", options, {
    providerName: true,
    agentName: true,
    contents: true,
    tracer: true,
  });
  const startSpan = createSpanStarter(options.tracer);
  const contents = options.contents ?? false;
  return {
    onRun: (run) => startSpan(run, runSpan(run, options), endRun),
    onModelCall: (call) =>
      startSpan<ModelCallReport>(call.run, modelCallSpan(call, options), (span, report) => {
        if (contents && report.turn) span.setAttributes(answerOf(report.turn));
        endModelCall(span, report);
      }),
    onToolCall: (call) =>
      startSpan<ToolCallReport>(call.run, toolCallSpan(call, contents), (span, report) => {
        if (contents) span.setAttributes(callOutputOf(report));
        if (report.isError) fail(span, "tool_error");
      }),
  };
}

interface SpanStart {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
}

/**
 * Starts spans, and makes them the context of the work in them. The first one of a run is the
 * parent of its others.
 */
function createSpanStarter(tracer: Tracer | undefined) {
  const runs = new WeakMap<RunRef, Span>();
  return <Report>(
    run: RunRef,
    { name, kind, attributes }: SpanStart,
    end: (span: Span, report: Report) => void,
  ): HookSpan<Report> => {
    const parent = runs.get(run);
    const outer = parent ? trace.setSpan(context.active(), parent) : context.active();
    // Asked for each time: an application may register its provider after it made the agent.
    const from = tracer ?? trace.getTracer("@mini-openclaw/agent-runtime");
    const all = { ...attributes, "gen_ai.conversation.id": run.sessionId };
    const span = from.startSpan(name, { kind, attributes: all }, outer);
    if (!parent) runs.set(run, span);
    const inner = trace.setSpan(outer, span);
    return {
      run: (work) => context.with(inner, work),
      end(report) {
        end(span, report);
        span.end();
      },
    };
  };
}

function runSpan(run: RunRef, { providerName, agentName }: OpenTelemetryOptions): SpanStart {
  return {
    name: agentName === undefined ? "invoke_agent" : `invoke_agent ${agentName}`,
    kind: SpanKind.INTERNAL,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      ...(typeof providerName === "string" && { "gen_ai.provider.name": providerName }),
      ...(agentName !== undefined && { "gen_ai.agent.name": agentName }),
      "mini_openclaw.run.id": run.runId,
    },
  };
}

function modelCallSpan(
  { model, request }: ModelCall,
  { providerName, contents = false }: OpenTelemetryOptions,
): SpanStart {
  return {
    name: `chat ${model}`,
    kind: SpanKind.CLIENT,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": typeof providerName === "string" ? providerName : providerName(model),
      "gen_ai.request.model": model,
      "gen_ai.request.stream": true,
      ...(contents && requestOf(request)),
    },
  };
}

function toolCallSpan({ toolName, callId, input }: ToolCall, contents: boolean): SpanStart {
  return {
    name: `execute_tool ${toolName}`,
    kind: SpanKind.INTERNAL,
    attributes: {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": toolName,
      "gen_ai.tool.call.id": callId,
      "gen_ai.tool.type": "function",
      ...(contents && callInputOf(input)),
    },
  };
}

function endRun(span: Span, { outcome, usage, costUsd, error }: RunReport): void {
  span.setAttribute("mini_openclaw.run.outcome", outcome);
  if (usage) span.setAttributes(usageOf(usage));
  if (costUsd !== undefined) span.setAttribute("mini_openclaw.run.cost_usd", costUsd);
  if (error) fail(span, error.code, error.message);
}

function endModelCall(span: Span, { turn, error, firstEventMs }: ModelCallReport): void {
  if (firstEventMs !== undefined) {
    span.setAttribute("gen_ai.response.time_to_first_chunk", firstEventMs / 1000);
  }
  if (turn) {
    const attributes = { "gen_ai.response.finish_reasons": [turn.stopReason], ...usageOf(turn.usage) };
    span.setAttributes(attributes);
    return;
  }
  // The message of an error that is not ours may hold anything.
  if (AgentError.is(error)) fail(span, error.code, error.message);
  else fail(span, error instanceof Error ? error.name : "_OTHER");
}

/**
 * By the conventions, the tokens of the input include what came from the cache and what went into
 * it.
 */
function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): Attributes {
  return {
    "gen_ai.usage.input_tokens": inputTokens + cacheReadTokens + cacheWriteTokens,
    "gen_ai.usage.output_tokens": outputTokens,
    "gen_ai.usage.cache_read.input_tokens": cacheReadTokens,
    "gen_ai.usage.cache_creation.input_tokens": cacheWriteTokens,
  };
}

function fail(span: Span, type: string, message?: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}
