import { describeAgentRunner } from "@mini-openclaw/gateway/testing";
import { describe, test } from "vitest";
import { addingMachine } from "../adding-machine.js";

describeAgentRunner(
  "the adding machine",
  { answers: () => ({ agent: addingMachine, content: "40" }) },
  { describe, test },
);
