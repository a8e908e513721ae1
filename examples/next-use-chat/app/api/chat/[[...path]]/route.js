export { answerChat as GET, answerChat as POST } from "../../../../gateway.mjs";
