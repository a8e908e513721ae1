import { describe, expect, test } from "vitest";
import { classify } from "../../src/providers/errors/classify.ts";

describe("a conversation that is too long", () => {
  // Words as the servers' users quote them in reports, and as the servers' sources have them.
  test.each<[string, number, string]>([
    ["Anthropic", 400, "prompt is too long: 204812 tokens > 200000 maximum"],
    [
      "Anthropic, with its answer",
      400,
      "input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000",
    ],
    ["Anthropic, by size", 413, "Request exceeds the maximum size"],
    [
      "OpenAI",
      400,
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
    ],
    [
      "OpenAI, Responses",
      400,
      "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ],
    [
      "vLLM",
      400,
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the messages, 1000 in the completion).",
    ],
    ["newer vLLM", 400, "The decoder prompt (length 5000) is longer than the maximum model length of 4096."],
    ["SGLang", 400, "The input (5000 tokens) is longer than the model's context length (4096 tokens)."],
    [
      "TGI",
      422,
      "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`",
    ],
    ["llama.cpp", 400, "the request exceeds the available context size, try increasing it"],
    ["older llama.cpp", 500, "context length exceeded"],
    [
      "LM Studio",
      400,
      "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
    ],
    [
      "older LM Studio",
      400,
      "The number of tokens to keep from the initial prompt is greater than the context length",
    ],
    [
      "Gemini",
      400,
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
    [
      "Mistral",
      400,
      "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    ],
    ["Groq", 400, "Please reduce the length of the messages or completion."],
    ["Groq, by size", 413, "Request too large for model `x` on tokens per minute"],
    ["xAI", 400, "This model's maximum prompt length is 131072 but the request contains 140000 tokens."],
    ["Kimi", 400, "Invalid request: Your request exceeded model token limit: 131072"],
    ["Qwen", 400, "Range of input length should be [1, 129024]"],
    ["GLM", 400, "Prompt 超长：上下文长度超过模型限制"],
    ["MiniMax", 400, "invalid params, context window exceeds limit"],
    ["Bedrock", 400, "Input is too long for requested model."],
    ["GitHub Copilot", 400, "prompt token count of 130000 exceeds the limit of 128000"],
    [
      "OpenRouter",
      400,
      "This endpoint's maximum context length is 40000 tokens. However, you requested about 50000 tokens",
    ],
    ["Baidu", 400, "prompt tokens too long"],
    ["Volcengine", 400, "Total tokens of image and text exceed max message tokens."],
    ["NVIDIA", 400, "Value error, The total number of tokens exceeds the model limit"],
    [
      "DeepSeek",
      400,
      "This model's maximum context length is 131072 tokens. However, you requested 140000 tokens",
    ],
  ])("is known by the words of %s", (_, status, reason) => {
    expect(classify(status, "invalid_request_error", reason).code).toBe("MODEL_CONTEXT_EXCEEDED");
  });

  test.each<[source: string, status: number, reason: string]>([
    ["LM Studio, NousResearch/hermes-agent#348", 400, "Context size has been exceeded."],
    [
      "llama.cpp, oobabooga/textgen#7257",
      400,
      "the request exceeds the available context size. try increasing the context size or enable context shift",
    ],
    [
      "llama.cpp with counts, llmmllab/llmmllab-api#56",
      400,
      "request (53192 tokens) exceeds context size (50176 tokens)",
    ],
    [
      "vLLM with an answer of any length, earendil-works/pi#5929",
      400,
      "This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt contains at least 262145 input tokens, for a total of at least 262145 tokens.",
    ],
    [
      "vLLM with a fixed answer, stepfun-ai/Step-Audio-R1#3",
      400,
      "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 32768 tokens and your request has 32000 input tokens (8192 > 32768 - 32000).",
    ],
    [
      "vLLM with images, vllm-project/vllm#12165",
      400,
      "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
    ],
    [
      "Bedrock, strands-agents/harness-sdk#1663",
      400,
      "The model returned the following errors: prompt is too long: 903884 tokens > 200000 maximum",
    ],
    ["Bedrock, openclaw/openclaw#58839", 400, "ValidationException: Input exceeds the max input token limit"],
    ["Cohere, openclaw/openclaw#58839", 400, "total tokens exceeds the model's max of 4096"],
    ["Ollama, nano-step/nano-brain#208", 400, "the input length exceeds the context length"],
    [
      "Cerebras, cline/cline#5140",
      400,
      "Please reduce the length of the messages or completion. Current length is 42328 while limit is 40000",
    ],
    [
      "TGI, huggingface/text-generation-inference#695",
      422,
      "Input validation error: `inputs` must have less than 1024 tokens. Given: 1168.",
    ],
    [
      "Vertex, google-gemini/gemini-cli#19727",
      400,
      "Unable to submit request because the input token count is 1251952 but model only supports up to 1048576. Reduce the input token count and try again.",
    ],
    [
      "OpenAI for one text, gptscript-ai/clio#41",
      400,
      "Invalid 'messages[17].content': string too long. Expected a string with maximum length 1048576, but got a string with length 1744259 instead.",
    ],
    [
      "Volcengine, esengine/DeepSeek-Reasonix#9696",
      400,
      "Input length 1048826 exceeds the maximum length 1048566.",
    ],
    [
      "Anthropic's limit of an account, NousResearch/hermes-agent#4747",
      429,
      "Extra usage is required for long context requests.",
    ],
    [
      "OpenAI's limit of a minute, Aider-AI/aider#1880",
      429,
      "Request too large for gpt-4o in organization x on tokens per min (TPM): Limit 30000, Requested 36278. The input or output tokens must be reduced in order to run successfully.",
    ],
  ])("is known by the words of %s", (_, status, reason) => {
    expect(classify(status, "", reason).code).toBe("MODEL_CONTEXT_EXCEEDED");
  });

  test("is none where the limit of a minute is used up", () => {
    const bedrock = "Too many tokens, please wait before trying again.";
    expect(classify(500, "ThrottlingException", bedrock)).toEqual({ code: "MODEL_FAILED", retryable: true });
    expect(classify(429, "", "Rate limit reached: Limit 30000, Used 29000, Requested 2000.").code).toBe(
      "MODEL_RATE_LIMITED",
    );
  });

  test.each([
    "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for x",
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.",
    "`max_tokens` must be less than or equal to `8192`, the maximum value for this model",
  ])("is not an answer's limit that is too high: %s", (reason) => {
    expect(classify(400, "invalid_request_error", reason).code).toBe("MODEL_REJECTED");
  });
});

describe("a conversation that a server's filter refuses", () => {
  test.each<[string, number, string, string]>([
    [
      "Azure",
      400,
      "content_filter",
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    ],
    [
      "OpenAI",
      400,
      "invalid_prompt",
      "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
    ],
    ["Anthropic", 400, "invalid_request_error", "Output blocked by content filtering policy"],
    ["Qwen", 400, "data_inspection_failed", "Input data may contain inappropriate content."],
    ["Qwen, in its own form", 400, "DataInspectionFailed", "Output data may contain inappropriate content."],
    ["DeepSeek", 400, "invalid_request_error", "Content Exists Risk"],
    ["Kimi", 400, "content_filter", "The request was rejected because it was considered high risk"],
    [
      "GLM",
      400,
      "1301",
      "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语",
    ],
    ["MiniMax", 400, "1026", "input new_sensitive"],
    ["OpenRouter", 403, "", 'x/y requires moderation on Z. Your input was flagged for "violence".'],
    ["xAI", 403, "", "Content violates usage guidelines."],
    ["Qwen in a stream", 500, "data_inspection_failed", "Output data may contain inappropriate content."],
  ])("is known by the words of %s", (_, status, type, reason) => {
    expect(classify(status, type, reason)).toEqual({
      code: "MODEL_REJECTED",
      retryable: false,
      refused: "content",
    });
  });

  test.each<[number, string, string]>([
    [403, "Your account was suspended because it violates our usage policies.", "MODEL_UNAUTHORIZED"],
    [403, "Sorry, you have been blocked", "MODEL_UNAUTHORIZED"],
    [401, "Invalid API key", "MODEL_UNAUTHORIZED"],
    [400, "messages.1.content.0: field required", "MODEL_REJECTED"],
    [500, "Internal server error", "MODEL_FAILED"],
    [429, "Rate limit of your content tier reached", "MODEL_RATE_LIMITED"],
  ])("is none of these: %i %s", (status, reason, code) => {
    expect(classify(status, "", reason)).toEqual(expect.objectContaining({ code }));
    expect(classify(status, "", reason).refused).toBeUndefined();
  });
});

test.each<[source: string, status: number, reason: string]>([
  [
    "Anthropic, code-yeongyu/oh-my-openagent#3571",
    400,
    "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
  ],
  ["DeepSeek, api-docs.deepseek.com, error codes", 402, "Insufficient Balance"],
  ["OpenRouter, decocms/studio#3959", 402, "Insufficient credits. Add more using the settings."],
])("recognizes an account that cannot pay by the error of %s", (_, status, reason) => {
  expect(classify(status, "", reason)).toEqual({
    code: "MODEL_REJECTED",
    retryable: false,
    refused: "account",
  });
});

test.each<[string, number, string, string]>([
  ["OpenAI", 404, "model_not_found", "The model `x` does not exist or you do not have access to it."],
  ["DeepSeek", 400, "invalid_request_error", "Model Not Exist"],
  ["Groq", 400, "model_decommissioned", "The model `x` has been decommissioned and is no longer supported."],
  ["Mistral", 400, "invalid_model", "Invalid model: x"],
  ["OpenRouter", 400, "", "x is not a valid model ID"],
  ["Ollama", 404, "", 'model "x" not found, try pulling it first'],
  ["GLM", 400, "1211", "模型不存在，请检查模型代码。"],
  ["Ollama without tools", 400, "", "registry.ollama.ai/library/gemma3:4b does not support tools"],
  [
    "vLLM without tools",
    400,
    "",
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
  ],
  ["a retired one", 410, "", "Gone"],
])("recognizes a missing model by the error of %s", (_, status, type, reason) => {
  expect(classify(status, type, reason)).toEqual({
    code: "MODEL_REJECTED",
    retryable: false,
    refused: "model",
  });
});
