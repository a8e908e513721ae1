#!/usr/bin/env bash
# The AI SDK reports the usage of an answer of gpt-4o: 100,000 input tokens, 90,000 of them from the prompt cache, and
# 1,000 output tokens. Libraries turn the usage into a price. Expected: 0.1475 dollars in each, at 2.50 dollars a
# million for input, 1.25 for cached input and 10 for output. Seen on 2026-11-30 (Node 20.20.2): five prices.
# tokenlens, which takes the usage of the AI SDK as it is, adds the price of the cached tokens to the full price of
# all: 0.3725 with AI SDK 6. AI SDK 7 names the cached tokens in another field, and it leaves the cache out: 0.26. For
# a model that its table lacks it returns no price and no error. llm-cost has a price of 2024 and no cache: 0.515.
# gpt-tokenizer has the price of gpt-4-turbo for gpt-4o and for gpt-5 (which costs 1.25 dollars a million): 1.03. An
# agent with a budget of a dollar a day stops after one answer, or after six.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 tokenlens@1.3.1 @pydantic/genai-prices@0.1.8 ai-sdk-cost-calculator@7.1.14 \
  llm-cost@1.0.5 gpt-tokenizer@4.0.0 @ai-sdk/openai@4.0.118 ai6@npm:ai@6.0.325 openai3@npm:@ai-sdk/openai@3.0.141
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { calcPrice } from "@pydantic/genai-prices";
import { generateText } from "ai";
import { generateText as generateText6 } from "ai6";
import { calculateCost } from "ai-sdk-cost-calculator";
import { estimateCost as priceOf } from "gpt-tokenizer/model/gpt-4o";
import { estimateCost as priceOfGpt5 } from "gpt-tokenizer/model/gpt-5";
import { estimateCost } from "llm-cost";
import { createOpenAI as createOpenAI3 } from "openai3";
import { getUsage } from "tokenlens";

const server = createServer(async (request, response) => {
  for await (const _ of request);
  const message = { role: "assistant", content: "Yes." };
  const usage = { prompt_tokens: 100_000, completion_tokens: 1_000, total_tokens: 101_000, prompt_tokens_details: { cached_tokens: 90_000 } };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "gpt-4o", choices: [{ index: 0, message, finish_reason: "stop" }], usage }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1` };
const answers = {
  "AI SDK 6.0.325": await generateText6({ model: createOpenAI3(options).chat("gpt-4o"), prompt: "Hi" }),
  "AI SDK 7.0.173": await generateText({ model: createOpenAI(options).chat("gpt-4o"), prompt: "Hi" }),
};
for (const [sdk, { usage }] of Object.entries(answers)) {
  const { inputTokens, outputTokens, inputTokenDetails } = usage;
  const { cacheReadTokens } = inputTokenDetails;
  const counts = { input_tokens: inputTokens, cache_read_tokens: cacheReadTokens, output_tokens: outputTokens };
  const prices = {
    "ai-sdk-cost-calculator 7.1.14": calculateCost({ model: "gpt-4o", usage }).totalCost,
    "genai-prices 0.1.8": calcPrice(counts, "gpt-4o", { providerId: "openai" }).total_price,
    "tokenlens 1.3.1": getUsage({ modelId: "openai:gpt-4o", usage }).costUSD.totalUSD,
    "llm-cost 1.0.5": estimateCost({ model: "gpt-4o", inputTokens, outputTokens }),
    "gpt-tokenizer 4.0.0": priceOf(inputTokens).main.input + priceOf(outputTokens).main.output,
  };
  console.log(`${sdk}: ${inputTokens} input, ${cacheReadTokens} of them cached, ${outputTokens} output`);
  for (const [name, price] of Object.entries(prices)) console.log(`  ${name}: ${Number(price.toFixed(6))} dollars`);
  console.log(`  tokenlens 1.3.1, of claude-sonnet-4-5: ${JSON.stringify(getUsage({ modelId: "anthropic:claude-sonnet-4-5", usage }).costUSD)}`);
}
console.log(`gpt-tokenizer 4.0.0, a million tokens of gpt-5: ${priceOfGpt5(1_000_000).main.input} dollars`);
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
AI SDK 6.0.325: 100000 input, 90000 of them cached, 1000 output
  ai-sdk-cost-calculator 7.1.14: 0.1475 dollars
  genai-prices 0.1.8: 0.1475 dollars
  tokenlens 1.3.1: 0.3725 dollars
  llm-cost 1.0.5: 0.515 dollars
  gpt-tokenizer 4.0.0: 1.03 dollars
  tokenlens 1.3.1, of claude-sonnet-4-5: {}
AI SDK 7.0.173: 100000 input, 90000 of them cached, 1000 output
  ai-sdk-cost-calculator 7.1.14: 0.1475 dollars
  genai-prices 0.1.8: 0.1475 dollars
  tokenlens 1.3.1: 0.26 dollars
  llm-cost 1.0.5: 0.515 dollars
  gpt-tokenizer 4.0.0: 1.03 dollars
  tokenlens 1.3.1, of claude-sonnet-4-5: {}
gpt-tokenizer 4.0.0, a million tokens of gpt-5: 10 dollars
SEEN
echo "as on 2026-11-30"
