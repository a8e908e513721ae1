import { checkChannel } from "./check-channel.js";

const { summary } = await checkChannel();
console.log(summary);
