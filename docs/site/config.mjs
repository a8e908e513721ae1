// The settings of VitePress. The build copies them into `.vitepress` beside the pages.
import { readdirSync, readFileSync } from "node:fs";

const repository = "https://github.com/mini-openclaw/mini-openclaw";

const guide = [
  { text: "Protocol", link: "/protocol" },
  { text: "Architecture", link: "/architecture" },
  { text: "Model servers", link: "/model-servers" },
  { text: "Learn", link: "/learn/" },
  { text: "Operate", link: "/operate/" },
  { text: "Glossary", link: "/glossary" },
  { text: "API", link: "/api/" },
];
const packages = [
  "gateway",
  "agent-runtime",
  "session-store",
  "postgres",
  "client",
  "web-chat",
  "ai-sdk",
  "openclaw-dialect",
  "protocol",
].map((name) => ({
  text: name,
  link: `/packages/${name}`,
}));

export default {
  title: "Mini OpenClaw",
  description: "The agent gateway that lives inside your Node app.",
  // The pages link to code, which the build has checked.
  ignoreDeadLinks: true,
  locales: {
    root: { label: "English", lang: "en" },
    zh: {
      label: "中文",
      lang: "zh-CN",
      themeConfig: {
        nav: [{ text: "学习", link: "/zh/learn/" }],
        sidebar: [
          { text: "简介", link: "/zh/" },
          { text: "学习", link: "/zh/learn/" },
          { text: "章节", items: pagesIn("zh/learn") },
          { text: "指南", items: pagesIn("zh/learn/guides") },
        ],
        outline: { label: "本页内容" },
        docFooter: { prev: "上一页", next: "下一页" },
      },
    },
  },
  markdown: {
    // A page may name a placeholder in double braces.
    config: (/** @type {any} */ md) => md.use(withoutTemplates),
  },
  themeConfig: {
    search: {
      provider: "local",
      options: {
        locales: {
          zh: { translations: { button: { buttonText: "搜索" }, modal: { noResultsText: "没有结果" } } },
        },
      },
    },
    socialLinks: [{ icon: "github", link: repository }],
    nav: guide,
    sidebar: [
      { text: "Guide", items: guide },
      { text: "Essays", items: pagesIn("explained") },
      { text: "Chapters", items: pagesIn("learn") },
      { text: "Parts of your own", items: pagesIn("learn/guides") },
      { text: "Packages", items: packages },
    ],
  },
};

/** Returns links to the pages of a folder, by their titles. @param {string} folder */
function pagesIn(folder) {
  const at = new URL(`../${folder}/`, import.meta.url);
  return readdirSync(at)
    .filter((name) => name.endsWith(".md") && name !== "index.md")
    .map((name) => ({
      text: /^# (.*)$/m.exec(readFileSync(new URL(name, at), "utf8"))?.[1] ?? name,
      link: `/${folder}/${name.slice(0, -".md".length)}`,
    }));
}

/** Keeps Vue from reading double braces in code as templates. @param {any} md */
function withoutTemplates(md) {
  const { code_inline: inline } = md.renderer.rules;
  md.renderer.rules.code_inline = (/** @type {any[]} */ ...args) =>
    inline
      ? inline(...args).replace("<code", "<code v-pre")
      : `<code v-pre>${md.utils.escapeHtml(args[0][args[1]].content)}</code>`;
}
